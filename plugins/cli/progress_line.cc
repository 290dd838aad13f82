// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/progress_line.h"

#include <unistd.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "plugins/cli/io.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

// "950", "12.3 k", "1.2 M": a number that moves is not read to its last digit.
std::string Rough(double number) {
  if (!std::isfinite(number) || number < 0) number = 0;
  if (number < 1000) return absl::StrFormat("%.0f", number);
  if (number < 1e6) return absl::StrFormat("%.1f k", number / 1e3);
  if (number < 1e9) return absl::StrFormat("%.1f M", number / 1e6);
  return absl::StrFormat("%.1f G", number / 1e9);
}

}  // namespace

std::string ProgressText(v1::Run::State state, const v1::Progress& progress) {
  std::string out;
  const auto add = [&out](const std::string& part) {
    absl::StrAppend(&out, out.empty() ? "" : "  ", part);
  };
  if (state != v1::Run::RUNNING) {
    add(std::string(report::StateWord(state)));
  }
  if (progress.steps_total_count() > 0) {
    add(absl::StrCat(progress.steps_done_count(), "/",
                     progress.steps_total_count(), " steps"));
  }
  if (progress.rows_read_count() > 0) {
    const std::string read =
        Rough(static_cast<double>(progress.rows_read_count()));
    add(progress.rows_total_count() > 0
            ? absl::StrCat(
                  read, " of ",
                  Rough(static_cast<double>(progress.rows_total_count())),
                  " rows")
            : absl::StrCat(read, " rows"));
  }
  if (progress.rows_per_second() > 0) {
    add(absl::StrCat(Rough(progress.rows_per_second()), " rows/s"));
  }
  if (progress.has_remaining()) {
    add(absl::StrCat(
        report::Seconds(static_cast<double>(progress.remaining().seconds()) +
                        progress.remaining().nanos() * 1e-9),
        " left"));
  }
  if (!progress.activity().empty()) {
    add(report::Escape(progress.activity()));
  }
  return out.empty() ? "starting" : out;
}

void ProgressLine::Draw(const std::string& text) {
  if (!enabled_) return;
  const absl::Time now = absl::Now();
  if (now - last_ < absl::Milliseconds(100)) return;
  last_ = now;
  // The last column stays free: some terminals wrap when it is written.
  const size_t width = TerminalWidth(STDERR_FILENO);
  PrintError(absl::StrCat("\r", report::Cut(text, width > 1 ? width - 1 : 1),
                          "\x1b[K"));
  drawn_ = true;
}

void ProgressLine::Clear() {
  if (!drawn_) return;
  PrintError("\r\x1b[K");
  drawn_ = false;
  last_ = absl::InfinitePast();
}

void WriteArgoProgress(const v1::Progress& progress) {
  const std::string path = Environment("ARGO_PROGRESS_FILE");
  if (path.empty() || progress.steps_total_count() <= 0) return;
  // Only for show: a gate does not fail because it cannot be drawn.
  WriteFileAtomically(path, absl::StrCat(progress.steps_done_count(), "/",
                                         progress.steps_total_count(), "\n"))
      .IgnoreError();
}

}  // namespace assay::cli
