// SPDX-License-Identifier: Apache-2.0
#include "validator/report/text_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/findings.h"
#include "validator/report/hold_text.h"
#include "validator/report/outcome.h"
#include "validator/report/text_style.h"
#include "validator/report/verbose_text.h"

namespace assay::report {
namespace {

// Lines that are no findings: the run's error, "and more", verdict, "see".
constexpr size_t kTrailerLines = 4;
// Of what has changed since the last run; taken from those of comparisons.
constexpr size_t kDriftLines = 4;
constexpr size_t kAllDriftLines = 3000;
constexpr size_t kFindingLines = kMaxTextLines - kMaxDiffLines - kTrailerLines;
constexpr size_t kMaxFindings = 8;
// A line may wrap, but not fill the screen.
constexpr size_t kLineWidth = 240;
constexpr size_t kPartWidth = 100;
constexpr size_t kErrorWidth = 400;
// Of comparisons, whose rows are read side by side.
constexpr size_t kDiffWidth = 80;
constexpr size_t kDiffIndent = 6;
constexpr size_t kDiffLabel = 13;
constexpr size_t kDiffNames = 5;
// Of a wildcard's tables, where there are more than half a block holds.
constexpr size_t kListLines = 5;

std::string RuleHeadline(const v1::RuleResult& result, const Style& style) {
  std::string word(VerdictWord(result.verdict()));
  std::string head = style.Verdict(result.verdict(), word);
  if (word.size() < 5) head.append(5 - word.size(), ' ');
  absl::StrAppend(&head, " ",
                  style.Bold(Cut(Escape(result.rule_id()), kPartWidth)));
  // The default ids begin with the table's name; said once is enough.
  const std::string table = Cut(TableText(result), kPartWidth);
  if (!table.empty()) absl::StrAppend(&head, "  ", table);
  if (KnownVerdict(result.verdict()) == v1::VERDICT_FAIL && result.rollback()) {
    absl::StrAppend(&head,
                    result.confirmed() ? " [roll back]" : " [not confirmed]");
  }
  return head;
}

std::string ExpectedAndFound(const v1::RuleResult& result) {
  const bool listed = !FoundLines(result).empty();
  if (KnownVerdict(result.verdict()) == v1::VERDICT_ERROR && !listed) {
    // Cause and remedy stand at the end of the message: it is not cut short
    // for what the rule would have demanded.
    return absl::StrCat("not judged: ", Cut(FoundText(result), kErrorWidth));
  }
  std::string found = Cut(FoundSummary(result), kPartWidth);
  // What was expected is what the lines do not say: the same on both sides.
  if (listed) return found;
  const std::string expected = Cut(Escape(result.expected()), kPartWidth);
  if (expected.empty()) return found;
  if (found.empty()) return absl::StrCat("expected ", expected);
  return absl::StrCat("expected ", expected, "; found ", found);
}

std::string FindingLine(const Finding& finding, const Style& style) {
  const std::string text = ExpectedAndFound(*finding.result);
  return absl::StrCat(RuleHeadline(*finding.result, style),
                      text.empty() ? "" : ": ", text, RepeatsText(finding));
}

// What a comparison found, the most important first. Its last line is the
// command for all of it, where there is one.
struct DiffBlock {
  std::vector<std::string> list;                // As many as there is room for.
  std::string more_command;                     // Shows all of `list`.
  std::vector<std::vector<std::string>> parts;  // Shown whole or not at all.
  std::string command;

  size_t size() const {
    size_t lines = list.size() + (command.empty() ? 0 : 1);
    for (const std::vector<std::string>& part : parts) lines += part.size();
    return lines;
  }

  // Adds at most `most` lines.
  void AddTo(size_t most, std::vector<std::string>& out) const {
    size_t left = most - (command.empty() || most == 0 ? 0 : 1);
    // Numbers of all tables together are worth some lines, too.
    size_t rest = 0;
    for (const std::vector<std::string>& part : parts) rest += part.size();
    const size_t at_least = std::min(left, std::max(left / 2, kListLines));
    const size_t room = left - std::min(rest, left - at_least);
    size_t shown = std::min(list.size(), room);
    if (shown < list.size() && shown > 0) --shown;
    out.insert(out.end(), list.begin(),
               list.begin() + static_cast<std::ptrdiff_t>(shown));
    left -= shown;
    if (shown < list.size() && left > 0) {
      --left;
      out.push_back(absl::StrCat(
          std::string(kDiffIndent, ' '), "… ", list.size() - shown, " more",
          more_command.empty() ? "" : ": ", more_command));
    }
    for (const std::vector<std::string>& part : parts) {
      if (part.size() > left) break;
      left -= part.size();
      out.insert(out.end(), part.begin(), part.end());
    }
    if (!command.empty() && most > 0) out.push_back(command);
  }
};

bool HasBlock(const v1::RuleResult& result) {
  return result.has_diff() || !FoundLines(result).empty();
}

DiffBlock MakeDiffBlock(const v1::Run& run, const v1::RuleResult& result,
                        const TextOptions& options, const Style& style) {
  const std::string indent(kDiffIndent, ' ');
  const auto labelled = [&indent](const std::string& label,
                                  const std::string& text) {
    return absl::StrCat(indent, Pad(label, kDiffLabel), text);
  };
  DiffBlock block;
  block.more_command = options.more_command;
  for (const std::string& line : FoundLines(result)) {
    block.list.push_back(absl::StrCat(indent, Cut(line, kErrorWidth)));
  }
  const std::string text = ExpectedAndFound(result);
  // Above a list it stands in the headline.
  if (!text.empty() && block.list.empty()) {
    block.parts.push_back({absl::StrCat(indent, text)});
  }
  for (const DiffField& field :
       DiffFields(result, kDiffWidth - kDiffIndent - kDiffLabel, kDiffNames)) {
    std::vector<std::string>& part = block.parts.emplace_back();
    for (const std::string& line : field.lines) {
      part.push_back(labelled(part.empty() ? field.label : "", line));
    }
  }
  for (const v1::Sample& sample : result.samples()) {
    if (!result.has_diff()) break;  // One of them follows the block.
    std::vector<std::string>& part = block.parts.emplace_back();
    for (const std::string& line :
         DiffSampleLines(sample, kDiffWidth - kDiffIndent)) {
      part.push_back(absl::StrCat(indent, style.Dim(line)));
    }
  }
  const std::string command = DifferencesCommand(run, result);
  if (options.commands && !command.empty()) {
    block.command = labelled("all keys", command);
  }
  return block;
}

// Lines for each block, so that none has more than it needs and none goes short
// for the sake of a longer one.
std::vector<size_t> ShareLines(const std::vector<DiffBlock>& blocks,
                               size_t lines) {
  std::vector<size_t> order(blocks.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return blocks[a].size() < blocks[b].size();
  });
  std::vector<size_t> shares(blocks.size());
  size_t left = blocks.size();
  for (const size_t i : order) {
    shares[i] = std::min(blocks[i].size(), lines / left--);
    lines -= shares[i];
  }
  return shares;
}

std::string CountsText(const v1::VerdictCounts& counts) {
  std::string out;
  const auto add = [&out](int64_t count, const char* word) {
    if (count == 0) return;
    absl::StrAppend(&out, out.empty() ? "" : ", ", Count(count), " ", word);
  };
  add(counts.fail_count(), "failed");
  add(counts.error_count(), "not judged");
  add(counts.warn_count(), "warned");
  add(counts.pass_count(), "passed");
  return out.empty() ? "no results" : out;
}

std::string VerdictLine(const v1::Run& run, const Style& style) {
  const Outcome outcome = Judge(run);
  std::string out = style.Bold(
      Cut(Escape(run.rule_set_name().empty() ? "run" : run.rule_set_name()),
          kPartWidth));
  if (outcome.verdict == v1::VERDICT_UNSPECIFIED) {
    absl::StrAppend(&out, ": ", std::string(StateWord(run.state())),
                    ", not judged yet -> HOLD");
  } else {
    const std::string word(VerdictWord(outcome.verdict));
    absl::StrAppend(
        &out, ": ", style.Verdict(outcome.verdict, word), " -> ",
        style.Decision(outcome.decision,
                       std::string(DecisionWord(outcome.decision))));
    if (run.state() == v1::Run::CANCELLED) {
      out.append(run.error().reason() == "RUN_TIMEOUT" ? " (out of time)"
                                                       : " (cancelled)");
    } else if (run.state() == v1::Run::HELD) {
      out.append(" (held)");
    } else if (run.has_release() && outcome.decision == v1::DECISION_PROCEED) {
      out.append(" (released)");
    }
    if (outcome.verdict == v1::VERDICT_ERROR) {
      out.append(run.retryable() ? " (may pass when tried again)"
                                 : " (trying again will not help)");
    }
  }
  absl::StrAppend(&out, "  ", CountsText(run.counts()));
  if (run.has_end_time()) {
    absl::StrAppend(&out, " in ", Seconds(ElapsedSeconds(run)));
  }
  return out;
}

std::string RunErrorLine(const v1::Run& run, const Style& style) {
  const std::string reason = Escape(run.error().reason());
  const std::string message = Escape(run.error().message());
  return absl::StrCat(
      style.Verdict(v1::VERDICT_ERROR, "ERROR"), " ",
      Cut(absl::StrCat(message, message.empty() || reason.empty() ? "" : " (",
                       reason, message.empty() || reason.empty() ? "" : ")"),
          kErrorWidth));
}

// Release, hold and drift, as they stand above the verdict.
std::vector<std::string> StoryLines(const v1::Run& run,
                                    const TextOptions& options,
                                    size_t drift_lines) {
  std::vector<std::string> lines;
  const auto add = [&lines](const std::string& line) {
    if (!line.empty()) lines.push_back(Cut(line, kErrorWidth));
  };
  add(DriftSummary(run));
  for (const std::string& line : DriftLines(run, drift_lines)) {
    lines.push_back(absl::StrCat("      ", Cut(line, kLineWidth)));
  }
  add(HoldText(run));
  add(ReleaseText(run));
  if (options.commands) add(ReleaseCommand(run));
  return lines;
}

std::string ShortReport(const v1::Run& run, const TextOptions& options) {
  const Style style(options.color);
  std::vector<std::string> lines;
  const std::vector<Finding> findings = Findings(run);
  size_t shown = std::min(findings.size(), kMaxFindings);
  const std::string recheck = options.commands ? RecheckCommand(run) : "";
  std::vector<DiffBlock> blocks;
  for (size_t i = 0; i < shown; ++i) {
    if (HasBlock(*findings[i].result)) {
      blocks.push_back(MakeDiffBlock(run, *findings[i].result, options, style));
    }
  }
  std::vector<std::string> story = StoryLines(run, options, kDriftLines);
  size_t lines_left = kFindingLines;
  if (blocks.empty()) {
    // No comparison lends its lines: the findings come first, and what has
    // changed gets what they leave.
    story = StoryLines(run, options, 0);
    lines_left -= story.size() + (recheck.empty() ? 0 : 1);
    shown = std::min(shown, lines_left);
    size_t used = shown;
    for (size_t i = 0; i < shown; ++i) {
      if (!findings[i].result->samples().empty()) ++used;
    }
    const size_t drift = lines_left - std::min(lines_left, used);
    story = StoryLines(run, options, std::min(kDriftLines, drift));
  }
  size_t samples_left = lines_left - shown;
  const std::vector<size_t> shares = ShareLines(
      blocks, kMaxDiffLines - (recheck.empty() ? 0 : 1) - story.size());
  size_t block = 0;
  for (size_t i = 0; i < shown; ++i) {
    const v1::RuleResult& result = *findings[i].result;
    if (result.has_diff() && blocks[block].list.empty()) {
      lines.push_back(
          absl::StrCat(RuleHeadline(result, style), RepeatsText(findings[i])));
    } else {
      lines.push_back(FindingLine(findings[i], style));
    }
    if (HasBlock(result)) {
      blocks[block].AddTo(shares[block], lines);
      ++block;
    }
    if (result.has_diff()) continue;  // Its rows are in the block.
    if (samples_left > 0 && !result.samples().empty()) {
      --samples_left;
      lines.push_back(absl::StrCat(
          "      ",
          style.Dim(absl::StrCat(
              "e.g. ", SampleText(result.samples(0), kLineWidth / 2)))));
    }
  }
  const Outcome outcome = Judge(run);
  if (run.has_error()) {
    lines.push_back(RunErrorLine(run, style));
  } else if (!outcome.contradiction.empty()) {
    lines.push_back(absl::StrCat(style.Verdict(v1::VERDICT_ERROR, "ERROR"), " ",
                                 outcome.contradiction));
  }
  const bool more = findings.size() > shown || run.results_truncated();
  if (more) {
    std::string line =
        findings.size() > shown
            ? absl::StrCat("… and ", findings.size() - shown, " more")
            : std::string("… and more");
    if (!options.more_command.empty()) {
      absl::StrAppend(&line, ": ", options.more_command);
    }
    lines.push_back(line);
  }
  lines.insert(lines.end(), story.begin(), story.end());
  lines.push_back(VerdictLine(run, style));
  if (!more && !findings.empty() && !options.more_command.empty()) {
    lines.push_back(style.Dim(absl::StrCat("more: ", options.more_command)));
  }
  if (!recheck.empty()) {
    lines.push_back(style.Dim(absl::StrCat("after a repair: ", recheck)));
  }
  std::string out;
  for (const std::string& line : lines) absl::StrAppend(&out, line, "\n");
  return out;
}

}  // namespace

std::string TextReport(const v1::Run& run, const TextOptions& options) {
  const Style style(options.color);
  if (!options.verbose) return ShortReport(run, options);
  std::string out = VerboseText(run, style, options.commands);
  for (const std::string& line : StoryLines(run, options, kAllDriftLines)) {
    absl::StrAppend(&out, line, "\n");
  }
  absl::StrAppend(&out, VerdictLine(run, style), "\n");
  const std::string recheck = options.commands ? RecheckCommand(run) : "";
  if (!recheck.empty()) {
    absl::StrAppend(&out, style.Dim(absl::StrCat("after a repair: ", recheck)),
                    "\n");
  }
  return out;
}

std::string TextResultLine(const v1::RuleResult& result, bool color) {
  const Style style(color);
  const std::string text = KnownVerdict(result.verdict()) == v1::VERDICT_PASS
                               ? Cut(FoundText(result), kPartWidth)
                               : ExpectedAndFound(result);
  return absl::StrCat(RuleHeadline(result, style), text.empty() ? "" : ": ",
                      text);
}

}  // namespace assay::report
