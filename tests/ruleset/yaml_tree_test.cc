// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/yaml_tree.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/ruleset/sql_parameters.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

YamlNode Tree(const std::string& yaml) {
  std::vector<Issue> issues;
  std::optional<YamlNode> root = ParseYamlTree(yaml, issues);
  for (const Issue& issue : issues) {
    ADD_FAILURE() << FormatIssue(issue, "x", yaml);
  }
  return root.value_or(YamlNode{});
}

// A compact picture: "{a: 'b'@1:4-7}", '~' for nothing.
std::string Picture(const YamlNode& node) {
  std::string out;
  switch (node.type) {
    case YamlNode::Type::kEmpty:
      out = "~";
      break;
    case YamlNode::Type::kScalar:
      out = node.quoted() ? "'" + node.text + "'" : node.text;
      break;
    case YamlNode::Type::kSequence:
      for (const YamlNode& item : node.items) {
        out += (out.empty() ? "" : ", ") + Picture(item);
      }
      return "[" + out + "]";
    case YamlNode::Type::kMap:
      for (const YamlEntry& entry : node.entries) {
        out += (out.empty() ? "" : ", ") + Picture(entry.key) + ": " +
               Picture(entry.value);
      }
      return "{" + out + "}";
  }
  return out + "@" + std::to_string(node.range.line) + ":" +
         std::to_string(node.range.column) + "-" +
         std::to_string(node.range.end_column);
}

TEST(YamlTree, KeepsPlacesAndQuotes) {
  EXPECT_EQ(Picture(Tree("a: 'b'\n")), "{a@1:1-2: 'b'@1:4-7}");
  EXPECT_EQ(Picture(Tree("a: \"x\\ty\"\n")), "{a@1:1-2: 'x\ty'@1:4-10}");
  EXPECT_EQ(Picture(Tree("- \xC3\xA4: b c # d\n")),
            "[{\xC3\xA4@1:3-5: b c@1:7-10}]");
  EXPECT_EQ(Picture(Tree("\xEF\xBB\xBF"
                         "a: b\r\nc: d\r\n")),
            "{a@1:4-5: b@1:7-8, c@2:1-2: d@2:4-5}");
  EXPECT_EQ(Picture(Tree("a: b\n  c\n")), "{a@1:1-2: b c@1:4-5}");
  EXPECT_EQ(Picture(Tree("a: |\n  b\n")), "{a@1:1-2: 'b\n'@2:3-4}");
  EXPECT_EQ(Picture(Tree("a: >-\n  b\n  c\n")), "{a@1:1-2: 'b c'@2:3-4}");
  EXPECT_EQ(Picture(Tree("a: |2\n    b\n")), "{a@1:1-2: '  b\n'@1:4-5}");
}

TEST(YamlTree, NullIsAText) {
  EXPECT_EQ(Picture(Tree("a: null\nb: ~\nc:\nnull: NULL\n")),
            "{a@1:1-2: null@1:4-8, b@2:1-2: ~@2:4-5, c@3:1-2: ~@3:1-2, "
            "null@4:1-5: NULL@4:7-11}");
  EXPECT_EQ(Picture(Tree("a:\n  b:\nnull: 1\n")),
            "{a@1:1-2: {b@2:3-4: ~@2:3-4}, null@3:1-5: 1@3:7-8}");
  EXPECT_EQ(Picture(Tree("a:\nnullable: 1\n")),
            "{a@1:1-2: ~@1:1-2, nullable@2:1-9: 1@2:11-12}");
  EXPECT_EQ(Picture(Tree("a:\nnull x: 1\n")),
            "{a@1:1-2: ~@1:1-2, null x@2:1-7: 1@2:9-10}");
  EXPECT_EQ(Picture(Tree("[null, ~, null ]\n")),
            "[null@1:2-6, ~@1:8-9, null@1:11-15]");
  EXPECT_EQ(Picture(Tree("{null}\n")), "{null@1:2-6: ~@1:2-6}");
  EXPECT_EQ(Picture(Tree("x:\n-\n- # c\n\n- null # d\n")),
            "{x@1:1-2: [~@2:1-2, ~@3:1-2, null@5:3-7]}");
}

TEST(YamlTree, FindsPlacesWithinText) {
  const YamlNode plain = Tree("a: b :c\n").entries[0].value;
  EXPECT_EQ(RangeWithin(plain, 2, 2), (SourceRange{1, 6, 1, 8}));
  const YamlNode quoted = Tree("a: \"b :c\"\n").entries[0].value;
  EXPECT_EQ(RangeWithin(quoted, 2, 2), (SourceRange{1, 7, 1, 9}));
  const YamlNode block = Tree("a: |\n  b\n   :c\n").entries[0].value;
  EXPECT_EQ(RangeWithin(block, 3, 2), (SourceRange{3, 4, 3, 6}));
  const YamlNode escaped = Tree("a: \"\\t :c\"\n").entries[0].value;
  EXPECT_EQ(RangeWithin(escaped, 2, 2), escaped.range);
  EXPECT_EQ(RangeWithin(plain, 100, 2), plain.range);
}

std::vector<std::string> Parameters(const std::string& sql) {
  std::vector<std::string> names;
  for (const SqlParameterUse& use : FindSqlParameters(sql)) {
    EXPECT_EQ(sql[use.offset], ':');
    names.emplace_back(use.name);
  }
  return names;
}

TEST(FindSqlParameters, SkipsWhatIsNone) {
  EXPECT_THAT(Parameters("a > :b and c=:d_1"), ElementsAre("b", "d_1"));
  EXPECT_THAT(Parameters("(:a,:b)"), ElementsAre("a", "b"));
  EXPECT_THAT(Parameters("a::int + b :: text"), IsEmpty());
  EXPECT_THAT(Parameters("':a' \":b\" `:c` 'it''s :d'"), IsEmpty());
  EXPECT_THAT(Parameters("-- :a\n:b # :c\n/* :d /* :e */ :f */ :g"),
              ElementsAre("b", "g"));
  EXPECT_THAT(Parameters("$$ :a $$ $t$ :b $t$ :c $1 :d"),
              ElementsAre("c", "d"));
  EXPECT_THAT(Parameters("a[1:n] a[i]:j x:=y time '10:30' 5:6"), IsEmpty());
  // Dialects disagree about where this string ends.
  EXPECT_THAT(Parameters("'\\' :a"), IsEmpty());
  EXPECT_THAT(Parameters("' :a"), IsEmpty());
  EXPECT_THAT(Parameters(""), IsEmpty());
  EXPECT_THAT(Parameters(":"), IsEmpty());
}

}  // namespace
}  // namespace assay
