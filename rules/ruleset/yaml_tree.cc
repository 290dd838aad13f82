// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/yaml_source.h"

namespace assay {
namespace {

constexpr size_t kMaxLevels = 64;
constexpr size_t kMaxNodes = 200000;

// Ends the parse from within yaml-cpp's callbacks, which have no other way out;
// caught in ParseYamlTree, never seen outside of it.
struct StopParsing : std::exception {};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const YamlSource& source, std::vector<Issue>& issues)
      : source_(source), issues_(issues) {}

  std::optional<YamlNode> TakeRoot() { return std::move(root_); }

  // Where the innermost list or map with a bracket begins that is still open.
  std::optional<size_t> OpenBracket() const {
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      const char c = source_.At(level->offset);
      if (c == '[' || c == '{') return level->offset;
    }
    return std::nullopt;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!seen_document_) {
      seen_document_ = true;
      return;
    }
    const size_t offset = Offset(mark);
    Add("second_document", "a second document begins here",
        source_.PlaceOf(offset), "a rule set is one document; use two files");
    throw StopParsing();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    const size_t offset = Offset(mark);
    YamlNode node;
    const bool is_key = !levels_.empty() && !levels_.back().has_key &&
                        levels_.back().node.type == YamlNode::Type::kMap;
    node.text = NullWord(offset, is_key);
    if (!node.text.empty()) {
      node.type = YamlNode::Type::kScalar;
      source_.PlaceScalar(offset, node);
    } else if (source_.At(offset) == '~') {
      node.range = source_.PlaceOf(offset);
    }
    Attach(std::move(node), offset);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    const size_t offset = Offset(mark);
    Add("alias", "aliases are not possible in a rule set", WordAt(offset),
        "write the value out");
    YamlNode node;
    node.alias = true;
    node.range = source_.PlaceOf(offset);
    Attach(std::move(node), offset);
  }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    const size_t offset = Offset(mark);
    Add("anchor", "anchors are not possible in a rule set", WordAt(offset),
        "remove it, and write the value out where it is needed");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    const size_t offset = CheckTag(Offset(mark), tag);
    YamlNode node;
    node.type = YamlNode::Type::kScalar;
    node.text = value;
    if (!source_.PlaceScalar(offset, node)) {
      Add("syntax", "the closing quote is missing", node.range,
          "everything up to the end of the file was taken for the text");
      throw StopParsing();
    }
    Attach(std::move(node), offset);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t, YAML::EmitterStyle::value) override {
    Open(YamlNode::Type::kSequence, CheckTag(Offset(mark), tag));
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t, YAML::EmitterStyle::value) override {
    Open(YamlNode::Type::kMap, CheckTag(Offset(mark), tag));
  }
  void OnMapEnd() override { Close(); }

 private:
  // A collection that is still open. Its node moves to its parent when it
  // closes, so that no pointer into a growing vector is kept.
  struct Level {
    YamlNode node;
    size_t offset = 0;
    bool has_key = false;
    YamlNode key;
    std::map<std::string, int, std::less<>> seen;  // Key → line.
  };

  void Add(std::string code, std::string message, SourceRange range,
           std::string hint) {
    issues_.push_back({Severity::kError, std::move(code), std::move(message),
                       range, std::move(hint)});
  }

  size_t Offset(const YAML::Mark& mark) const {
    return source_.OffsetOf(mark.line, mark.column);
  }

  // yaml-cpp takes `null` for nothing; here it is a text, and only `~` and
  // nothing at all are empty. yaml-cpp places an absent value at whatever
  // stands next in the file, where a `null` may be the next key: a value is one
  // only where nothing follows it. Returns "" for empty.
  std::string_view NullWord(size_t offset, bool is_key) const {
    const std::string_view rest = source_.text().substr(offset);
    for (const std::string_view word : {"null", "Null", "NULL"}) {
      if (rest.substr(0, word.size()) != word) continue;
      const size_t next = rest.find_first_not_of(' ', word.size());
      if (is_key || next == std::string_view::npos ||
          std::string_view("\r\n,]}#").find(rest[next]) !=
              std::string_view::npos) {
        return word;
      }
    }
    return {};
  }

  SourceRange WordAt(size_t offset) const {
    size_t end = offset;
    while (!absl::StrContains(absl::string_view(" ,]}\r\n\t\0", 8),
                              source_.At(end))) {
      ++end;
    }
    return source_.RangeOf(offset, end);
  }

  // Reports a tag; returns where the node itself begins, behind tag and anchor.
  size_t CheckTag(size_t offset, const std::string& tag) {
    if (tag != "?" && tag != "!" && !tag.empty()) {
      const size_t at = source_.text().find('!', offset);
      Add("tag", "tags are not possible in a rule set",
          WordAt(at == std::string_view::npos ? offset : at),
          "columns and parameters give values their types; remove the tag");
    }
    while (source_.At(offset) == '&' || source_.At(offset) == '!') {
      while (!absl::StrContains(absl::string_view(" \r\n\t\0", 5),
                                source_.At(offset))) {
        ++offset;
      }
      while (source_.At(offset) == ' ') ++offset;
    }
    return offset;
  }

  void Open(YamlNode::Type type, size_t offset) {
    if (levels_.size() >= kMaxLevels) {
      Add("too_deep",
          absl::StrCat("more than ", kMaxLevels, " levels of nesting"),
          source_.PlaceOf(offset), "");
      throw StopParsing();
    }
    Level level;
    level.node.type = type;
    level.node.range = source_.PlaceOf(offset);
    level.offset = offset;
    levels_.push_back(std::move(level));
  }

  void Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    Attach(std::move(level.node), level.offset);
  }

  // Puts a finished node into the open collection.
  void Attach(YamlNode node, size_t offset) {
    if (++nodes_ > kMaxNodes) {
      Add("too_large", absl::StrCat("more than ", kMaxNodes, " values"),
          source_.PlaceOf(offset), "split the rule set");
      throw StopParsing();
    }
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    const bool placed = node.range.known();
    if (level.node.type == YamlNode::Type::kSequence) {
      if (!placed) node.range = source_.PlaceEmptyItem(offset);
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      if (!placed) node.range = source_.PlaceOf(offset);
      level.has_key = true;
      level.key = std::move(node);
    } else {
      if (!placed) node.range = level.key.range;
      level.has_key = false;
      AttachEntry(level, std::move(node));
    }
  }

  void AttachEntry(Level& level, YamlNode value) {
    YamlNode key = std::exchange(level.key, YamlNode());
    if (!key.IsScalar()) {
      Add("bad_key", "a key must be a word", key.range, "");
      return;
    }
    // The alias behind it is reported already.
    if (key.text == "<<" && !key.quoted() && value.alias) return;
    const auto [it, fresh] = level.seen.emplace(key.text, key.range.line);
    if (!fresh) {
      Add("duplicate_key", absl::StrCat("key '", key.text, "' occurs twice"),
          key.range,
          absl::StrCat("it is already in line ", it->second,
                       "; remove one of them"));
      return;
    }
    level.node.entries.push_back({std::move(key), std::move(value)});
  }

  const YamlSource& source_;
  std::vector<Issue>& issues_;
  std::optional<YamlNode> root_;
  std::vector<Level> levels_;
  size_t nodes_ = 0;
  bool seen_document_ = false;
};

struct Explanation {
  const char* said;     // By yaml-cpp.
  const char* message;  // In our words.
  const char* hint;
};

constexpr Explanation kExplanations[] = {
    {"illegal map value", "a ':' cannot stand here",
     "put the text into quotes if it contains ': ', or check the indentation"},
    {"illegal map key", "a key cannot stand here", "check the indentation"},
    {"illegal block entry", "a '-' cannot stand here", "check the indentation"},
    {"end of sequence flow not found", "the ']' of this list is missing", ""},
    {"end of map flow not found", "the '}' of this map is missing", ""},
    {"end of map not found", "this line does not belong to the map above it",
     "check its indentation, and that its key ends in ':'"},
    {"end of sequence not found",
     "this line does not belong to the list above it",
     "check its indentation, and that it begins with '- '"},
    {"unknown token", "a text cannot begin with this character",
     "put it into quotes"},
    {"the referenced anchor is not defined",
     "aliases are not possible in a rule set",
     "write the value out, or put the text into quotes if it begins with '*'"},
    {"illegal EOF in scalar", "the closing quote is missing", ""},
    {"bad file", "more than 64 levels of nesting", ""},
};

// What yaml-cpp could not read, for a person.
Issue SyntaxIssue(const YAML::Exception& error, const YamlSource& source,
                  std::optional<size_t> open_bracket) {
  Issue issue{Severity::kError, "syntax", error.msg, {}, ""};
  for (const Explanation& explanation : kExplanations) {
    if (error.msg != explanation.said) continue;
    issue.message = explanation.message;
    issue.hint = explanation.hint;
  }
  if (error.mark.is_null()) return issue;
  // yaml-cpp notices a missing bracket only where the next thing does not fit.
  if (open_bracket.has_value() && absl::StrContains(error.msg, "flow not")) {
    issue.range = source.PlaceOf(*open_bracket);
    return issue;
  }
  const size_t offset = source.OffsetOf(error.mark.line, error.mark.column);
  issue.range = source.PlaceOf(offset);
  if (absl::StartsWith(error.msg, "unknown escape character")) {
    issue.message = "a backslash in double quotes begins an escape of YAML";
    issue.hint = "use single quotes, or write \\\\ for a backslash";
  }
  // Between brackets yaml-cpp ends a text before a '?', wherever it stands.
  if (error.msg == "unknown token" && source.At(offset) == '?') {
    issue.message = "between brackets a text cannot contain '?'";
    issue.hint = "put the whole text into quotes";
  }
  const std::string_view line =
      source.Line(static_cast<size_t>(error.mark.line));
  const size_t text = line.find_first_not_of(' ');
  if (text != std::string_view::npos && line[text] == '\t') {
    issue.message = "a tab cannot indent a line";
    issue.hint = "use spaces";
  }
  return issue;
}

}  // namespace

std::optional<YamlNode> ParseYamlTree(std::string_view text,
                                      std::vector<Issue>& issues) {
  const YamlSource source(text);
  const size_t before = issues.size();
  source.CheckCharacters(issues);
  if (issues.size() > before) return std::nullopt;
  TreeBuilder builder(source, issues);
  // yaml-cpp reports errors by exceptions only; none leaves this function.
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    issues.push_back(SyntaxIssue(error, source, builder.OpenBracket()));
  } catch (const std::exception& error) {
    issues.push_back({Severity::kError,
                      "syntax",
                      absl::StrCat("not readable as YAML: ", error.what()),
                      {},
                      ""});
  }
  return builder.TakeRoot();
}

}  // namespace assay
