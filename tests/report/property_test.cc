// SPDX-License-Identifier: Apache-2.0
// Random runs full of random bytes: every report stays what it promises to be.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "assay/v1/run.pb.h"
#include "nlohmann/json.hpp"
#include "tests/report/support/html_checker.h"
#include "validator/report/display.h"
#include "validator/report/html_report.h"
#include "validator/report/json_report.h"
#include "validator/report/junit_report.h"
#include "validator/report/markdown_report.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::report {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// U+202E, which turns the text after it around. No string literal: it would be
// one here too.
constexpr char kRightToLeft[] = {'\xe2', '\x80', '\xae', '\0'};

class RandomRuns {
 public:
  explicit RandomRuns(uint32_t seed) : random_(seed) {}

  v1::Run Next() {
    v1::Run run;
    Fill(run, 0);
    return run;
  }

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_()) % n; }

  std::string Text() {
    static const char* const kNasty[] = {"\x1b[2J",
                                         "|",
                                         "]]>",
                                         "&amp;",
                                         "<script>",
                                         "\xff\xfe",
                                         "\xc2",
                                         kRightToLeft,
                                         "'",
                                         "\"",
                                         "\n",
                                         "\r",
                                         "\t",
                                         "\xf0\x9f\x98\x80",
                                         "\xe6\x97\xa5",
                                         "NULL",
                                         "***",
                                         "-->",
                                         "\xc2\x9b",
                                         "\xed\xa0\x80",
                                         "\xef\xbf\xbe",
                                         "\\",
                                         "`"};
    std::string out;
    for (uint32_t n = Below(8); n > 0; --n) {
      switch (Below(3)) {
        case 0:
          out.append(kNasty[Below(std::size(kNasty))]);
          break;
        case 1:
          out.push_back(static_cast<char>(Below(256)));
          break;
        default:
          out.append("word ");
      }
    }
    if (Below(50) == 0) out.append(5000, 'x');
    return out;
  }

  int64_t Number() {
    switch (Below(4)) {
      case 0:
        return 0;
      case 1:
        return static_cast<int64_t>(random_());
      case 2:
        return Below(1000);
      default:
        return Below(2) == 0 ? INT64_MIN : INT64_MAX;
    }
  }

  void Scalar(Message& m, const FieldDescriptor* f) {
    const Reflection* r = m.GetReflection();
    switch (f->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return r->SetInt32(&m, f, static_cast<int32_t>(Number()));
      case FieldDescriptor::CPPTYPE_INT64:
        return r->SetInt64(&m, f, Number());
      case FieldDescriptor::CPPTYPE_BOOL:
        return r->SetBool(&m, f, Below(2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return r->SetEnumValue(&m, f, static_cast<int>(Below(10)));
      case FieldDescriptor::CPPTYPE_STRING:
        return r->SetString(&m, f, Text());
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        static const double kDoubles[] = {0, 1.5, -3, 1e300, NAN, INFINITY};
        return r->SetDouble(&m, f, kDoubles[Below(6)]);
      }
      default:
        FAIL() << f->full_name() << ": a type this test does not know";
    }
  }

  void Fill(Message& m, int depth) {
    const Reflection* r = m.GetReflection();
    const auto* d = m.GetDescriptor();
    for (int i = 0; i < d->field_count(); ++i) {
      const FieldDescriptor* f = d->field(i);
      if (Below(5) == 0) continue;
      if (f->is_repeated()) {
        const uint32_t most = f->name() == "results" ? 40 : 4;
        for (uint32_t n = Below(most); n > 0; --n) {
          if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
            Fill(*r->AddMessage(&m, f), depth + 1);
          } else {
            r->AddString(&m, f, Text());
          }
        }
      } else if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Fill(*r->MutableMessage(&m, f), depth + 1);
      } else {
        Scalar(m, f);
      }
    }
  }

  std::mt19937_64 random_;
};

constexpr int kRuns = 100;

// Nothing that a terminal would obey, and valid UTF-8.
void ExpectHarmless(const std::string& text) {
  EXPECT_EQ(ValidUtf8(text), text);
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    ASSERT_TRUE(c >= 0x20 || c == '\n') << static_cast<int>(c);
    ASSERT_NE(c, 0x7f);
    ASSERT_FALSE(c == 0xc2 && i + 1 < text.size() &&
                 static_cast<unsigned char>(text[i + 1]) < 0xa0);
    ASSERT_NE(text.substr(i, 3), kRightToLeft);
  }
}

TEST(PropertyTest, TextIsShortAndHarmless) {
  RandomRuns runs(1);
  for (int i = 0; i < kRuns; ++i) {
    const v1::Run run = runs.Next();
    TextOptions options;
    options.more_command = "assay show";
    const std::string text = TextReport(run, options);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), kMaxTextLines);
    ASSERT_FALSE(text.empty());
    EXPECT_EQ(text.back(), '\n');
    ExpectHarmless(text);
    options.verbose = true;
    ExpectHarmless(TextReport(run, options));
    ExpectHarmless(TextRuns({run}));
    ExpectHarmless(MarkdownReport(run));
    for (const v1::RuleResult& result : run.results()) {
      ExpectHarmless(TextResultLine(result, false));
    }
  }
}

TEST(PropertyTest, JsonParsesAndNeverProceedsByMistake) {
  RandomRuns runs(2);
  for (int i = 0; i < kRuns; ++i) {
    const v1::Run run = runs.Next();
    const nlohmann::json json =
        nlohmann::json::parse(JsonReport(run), nullptr, false);
    ASSERT_TRUE(json.is_object());
    EXPECT_EQ(json["decision"] == "PROCEED",
              Judge(run).decision == v1::DECISION_PROCEED);
    EXPECT_EQ(json["results"].size(), static_cast<size_t>(run.results_size()));
    EXPECT_EQ(json["schema_version"], 1);
    ASSERT_TRUE(
        nlohmann::json::parse(JsonRuns({run, run}), nullptr, false).is_array());
  }
}

TEST(PropertyTest, MarkdownTableHasItsColumns) {
  RandomRuns runs(3);
  for (int i = 0; i < kRuns; ++i) {
    const std::string text = MarkdownReport(runs.Next());
    size_t at = text.find("\n| | Rule |");
    if (at == std::string::npos) continue;
    for (++at; at < text.size() && text[at] == '|';
         at = text.find('\n', at) + 1) {
      int pipes = 0;
      for (size_t k = at; text[k] != '\n'; ++k) {
        if (text[k] == '\\') {
          ++k;
        } else if (text[k] == '|') {
          ++pipes;
        }
      }
      EXPECT_EQ(pipes, 7) << text.substr(at, text.find('\n', at) - at);
    }
  }
}

// Beside markup, the only bytes of data that a browser gets as they are.
TEST(PropertyTest, HtmlIsOnlyWhatPagesAreMadeOf) {
  RandomRuns random(5);
  std::vector<v1::Run> history;
  HtmlOptions served;
  served.runs_path = "/runs";
  served.refresh_seconds = 5;
  for (int i = 0; i < kRuns; ++i) {
    const v1::Run run = random.Next();
    if (history.size() == 8) history.clear();
    history.push_back(run);
    for (const HtmlOptions& options : {HtmlOptions(), served}) {
      const std::string page = HtmlRunPage(run, history, options);
      ASSERT_EQ(CheckHtml(page), "");
      const std::string list = HtmlRunsPage(history, run.correlation_id(),
                                            {run.rule_set_name(),
                                             run.migration(),
                                             "fail",
                                             true,
                                             {{run.run_id(), run.phase()}},
                                             run.request_id()},
                                            options, run.error().message());
      ASSERT_EQ(CheckHtml(list), "");
      const std::string error = HtmlErrorPage(
          {404, run.run_id(), run.error().message(), run.error().reason()},
          options);
      ASSERT_EQ(CheckHtml(error), "");
    }
  }
}

TEST(PropertyTest, JunitIsXml) {
  // Expat is a real parser, and strict; Python brings it along.
  const std::string folder =
      (std::filesystem::temp_directory_path() / "assay_junit_XXXXXX").string();
  std::string made = folder;
  ASSERT_NE(mkdtemp(made.data()), nullptr);
  RandomRuns runs(4);
  size_t results = 0;
  for (int i = 0; i < kRuns; ++i) {
    const v1::Run run = runs.Next();
    results += static_cast<size_t>(run.results_size());
    std::ofstream(made + "/" + std::to_string(i) + ".xml", std::ios::binary)
        << JunitReport(run);
  }
  const std::string script =
      "import glob, sys, xml.etree.ElementTree as e\n"
      "n = 0\n"
      "for f in glob.glob(sys.argv[1] + '/*.xml'):\n"
      "    root = e.parse(f).getroot()\n"
      "    cases = root.findall('testsuite/testcase')\n"
      "    assert len(cases) == int(root.get('tests')), f\n"
      "    assert len(root.findall('.//failure')) == "
      "int(root.get('failures')), f\n"
      "    assert len(root.findall('.//error')) == int(root.get('errors')), f\n"
      "    n += sum(c.get('name') != 'run' or c.find('error') is None "
      "for c in cases)\n"
      "assert n == int(sys.argv[2]), n\n";
  std::ofstream(made + "/check.py") << script;
  const std::string command =
      "python3 " + made + "/check.py " + made + " " + std::to_string(results);
  // NOLINTNEXTLINE(cert-env33-c): a script of ours.
  EXPECT_EQ(std::system(command.c_str()), 0) << made;
  std::filesystem::remove_all(made);
}

}  // namespace
}  // namespace assay::report
