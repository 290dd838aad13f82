// SPDX-License-Identifier: Apache-2.0
#include "validator/report/junit_report.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/findings.h"
#include "validator/report/hold_text.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

// Escapes for attributes and text alike. What XML 1.0 cannot hold at all, not
// even as a reference, becomes U+FFFD.
std::string Xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    uint32_t c = 0;
    const size_t length = DecodeUtf8(text, &c);
    if (length == 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
        c == 0xfffe || c == 0xffff) {
      out.append("\xEF\xBF\xBD");
    } else if (c == '&') {
      out.append("&amp;");
    } else if (c == '<') {
      out.append("&lt;");
    } else if (c == '>') {
      out.append("&gt;");
    } else if (c == '"') {
      out.append("&quot;");
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      // A parser would turn a bare line end in an attribute into a blank.
      absl::StrAppendFormat(&out, "&#%d;", c);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

double ElapsedOf(const v1::RuleResult& result) {
  const double seconds = static_cast<double>(result.elapsed().seconds()) +
                         result.elapsed().nanos() * 1e-9;
  return std::clamp(seconds, 0.0, 1e9);
}

std::string Details(const v1::RuleResult& result) {
  std::string out = absl::StrCat("expected: ", result.expected(),
                                 "\nfound: ", FoundSummary(result), "\n");
  for (const std::string& line : FoundLines(result)) {
    absl::StrAppend(&out, "  ", line, "\n");
  }
  if (!result.threshold().empty()) {
    absl::StrAppend(&out, "threshold: ", result.threshold(), "\n");
  }
  if (IsComparison(result)) {
    absl::StrAppend(&out, "compared: ", SidesText(result), "\n");
  }
  for (const DiffField& field : DiffFields(result, 1000, 100)) {
    for (const std::string& line : field.lines) {
      absl::StrAppend(&out, field.label, ": ", line, "\n");
    }
  }
  for (const v1::Sample& sample : result.samples()) {
    absl::StrAppend(&out, "sample: ", SampleText(sample, 1000), "\n");
  }
  if (!result.sql().empty()) {
    absl::StrAppend(&out, "sql:\n", result.sql(), "\n");
  }
  if (!result.target_sql().empty()) {
    absl::StrAppend(&out, "sql of the target:\n", result.target_sql(), "\n");
  }
  return out;
}

struct Suite {
  std::string name;
  std::vector<const v1::RuleResult*> results;
};

struct Tally {
  size_t tests = 0;
  size_t failures = 0;
  size_t errors = 0;

  void Add(v1::Verdict verdict) {
    ++tests;
    if (KnownVerdict(verdict) == v1::VERDICT_FAIL) ++failures;
    if (KnownVerdict(verdict) == v1::VERDICT_ERROR) ++errors;
  }
  std::string Attributes() const {
    return absl::StrFormat("tests=\"%d\" failures=\"%d\" errors=\"%d\"", tests,
                           failures, errors);
  }
};

void AddCase(const v1::RuleResult& result, const std::string& suite,
             std::string& out) {
  absl::StrAppendFormat(&out,
                        "    <testcase name=\"%s\" classname=\"%s\" "
                        "time=\"%.3f\"",
                        Xml(result.rule_id()), Xml(suite), ElapsedOf(result));
  const std::string details = Xml(Details(result));
  switch (KnownVerdict(result.verdict())) {
    case v1::VERDICT_PASS:
      out.append("/>\n");
      return;
    case v1::VERDICT_WARN:
      absl::StrAppend(&out, ">\n      <system-out>WARN\n", details,
                      "</system-out>\n    </testcase>\n");
      return;
    case v1::VERDICT_FAIL:
      absl::StrAppend(&out, ">\n      <failure type=\"", Xml(result.kind()),
                      "\" message=\"", Xml(FoundText(result)), "\">", details,
                      "</failure>\n    </testcase>\n");
      return;
    default:
      absl::StrAppend(&out, ">\n      <error type=\"",
                      Xml(result.error().reason()), "\" message=\"",
                      Xml(FoundText(result)), "\">", details,
                      "</error>\n    </testcase>\n");
  }
}

void AddProperties(const v1::Run& run, const Outcome& outcome,
                   std::string& out) {
  std::vector<std::pair<std::string, std::string>> properties{
      {"assay.run_id", run.run_id()},
      {"assay.rule_set_digest", run.rule_set_digest()},
      {"assay.migration", run.migration()},
      {"assay.phase", run.phase()},
      {"assay.state", std::string(StateWord(run.state()))},
      {"assay.verdict", outcome.verdict == v1::VERDICT_UNSPECIFIED
                            ? std::string()
                            : std::string(VerdictWord(outcome.verdict))},
      {"assay.decision", std::string(DecisionWord(outcome.decision))}};
  for (const auto& [name, text] :
       {std::pair("assay.release", ReleaseText(run)),
        std::pair("assay.hold", HoldText(run)),
        std::pair("assay.drift", DriftSummary(run))}) {
    if (!text.empty()) properties.emplace_back(name, text);
  }
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [key, value] : run.labels()) {
    labels.emplace_back("label." + key, value);
  }
  std::sort(labels.begin(), labels.end());
  properties.insert(properties.end(), labels.begin(), labels.end());
  out.append("    <properties>\n");
  for (const auto& [name, value] : properties) {
    absl::StrAppend(&out, "      <property name=\"", Xml(name), "\" value=\"",
                    Xml(value), "\"/>\n");
  }
  out.append("    </properties>\n");
}

// Why the run as a whole is no success beyond what its results say; empty:
// they say it.
std::string RunProblem(const v1::Run& run, const Outcome& outcome,
                       const Tally& tally) {
  if (run.has_error()) {
    return absl::StrCat(run.error().reason(), ": ", run.error().message());
  }
  if (!outcome.contradiction.empty()) return outcome.contradiction;
  if (run.state() == v1::Run::HELD) return HoldText(run);
  if (!outcome.terminal) return "the run has not ended";
  if (outcome.decision != v1::DECISION_PROCEED && tally.failures == 0 &&
      tally.errors == 0) {
    return absl::StrCat("verdict ", std::string(VerdictWord(outcome.verdict)),
                        ", decision ",
                        std::string(DecisionWord(outcome.decision)));
  }
  return "";
}

}  // namespace

std::string JunitReport(const v1::Run& run) {
  const Outcome outcome = Judge(run);
  std::vector<Suite> suites;
  Tally total;
  for (const v1::RuleResult& result : run.results()) {
    total.Add(result.verdict());
    std::string name = result.connection();
    if (!result.table().empty()) {
      absl::StrAppend(&name, name.empty() ? "" : ".", result.table());
    }
    if (IsComparison(result)) {
      absl::StrAppend(&name, " → ", result.target_connection(),
                      result.target_connection().empty() ? "" : ".",
                      result.target_table());
    }
    auto it = std::find_if(
        suites.begin(), suites.end(),
        [&name](const Suite& suite) { return suite.name == name; });
    if (it == suites.end()) it = suites.insert(it, Suite{name, {}});
    it->results.push_back(&result);
  }
  const std::string problem = RunProblem(run, outcome, total);
  if (!problem.empty()) total.Add(v1::VERDICT_ERROR);
  const std::string rule_set =
      run.rule_set_name().empty() ? "assay" : run.rule_set_name();
  const std::string timestamp = Iso8601(run.as_of_time());
  std::string out = absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"%s\" %s time=\"%.3f\">\n",
      Xml(rule_set), total.Attributes(), ElapsedSeconds(run));
  // The suite of the run itself comes first and carries its properties.
  Tally own;
  if (!problem.empty()) own.Add(v1::VERDICT_ERROR);
  const std::string stamp =
      timestamp.empty() ? "" : absl::StrCat(" timestamp=\"", timestamp, "\"");
  absl::StrAppend(&out, "  <testsuite name=\"", Xml(rule_set), "\" ",
                  own.Attributes(), stamp, ">\n");
  AddProperties(run, outcome, out);
  if (!problem.empty()) {
    absl::StrAppend(&out, "    <testcase name=\"run\" classname=\"",
                    Xml(rule_set), "\">\n      <error type=\"",
                    Xml(run.error().reason()), "\" message=\"", Xml(problem),
                    "\"/>\n    </testcase>\n");
  }
  out.append("  </testsuite>\n");
  for (const Suite& suite : suites) {
    Tally tally;
    double seconds = 0;
    for (const v1::RuleResult* result : suite.results) {
      tally.Add(result->verdict());
      seconds += ElapsedOf(*result);
    }
    absl::StrAppendFormat(&out,
                          "  <testsuite name=\"%s\" %s time=\"%.3f\"%s>\n",
                          Xml(suite.name), tally.Attributes(), seconds, stamp);
    for (const v1::RuleResult* result : suite.results) {
      AddCase(*result, absl::StrCat(rule_set, ".", suite.name), out);
    }
    out.append("  </testsuite>\n");
  }
  out.append("</testsuites>\n");
  return out;
}

}  // namespace assay::report
