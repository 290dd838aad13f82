// SPDX-License-Identifier: Apache-2.0
// Runs as HTML pages for people: one run, a list of runs, an error.
//
// Each page is whole: it loads nothing from anywhere (no font, no image, no
// script by address), so that it may be kept as a file, mailed, or served. It
// reads without JavaScript; the one inline script adds copy buttons. Values
// are escaped, and characters that would show nothing or turn the line around
// are made visible. Long values are cut, and the page says by how much.
//
// Who serves the pages sends HtmlContentSecurityPolicy() with each of them, and
// `Content-Type: text/html; charset=utf-8`, `X-Content-Type-Options: nosniff`,
// `Referrer-Policy: no-referrer`, `Cache-Control: no-store` (samples are data
// of the user's). The policy is in the pages, too, for those kept as files.
//
// Pure functions; thread-safe. Any bytes are accepted as values.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_REPORT_H_
#define ASSAY_VALIDATOR_REPORT_HTML_REPORT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "assay/v1/run.pb.h"

namespace assay::report {

struct HtmlOptions {
  // Where the list of runs is served, e.g. "/runs"; a run is at
  // "/runs/<run id>". Empty: the page is a file of its own and links to no
  // other page.
  std::string runs_path;
  // A run that is not terminal, or a list with one, is loaded again after so
  // many seconds. 0: never, e.g. for a file that nobody writes again.
  int refresh_seconds = 0;
  // When the page was made; InfinitePast: said nowhere.
  absl::Time now = absl::InfinitePast();
  // Who is looking, e.g. "etl-nightly"; empty: said nowhere.
  std::string principal;
  // E.g. "assayd 0.1.0"; empty: said nowhere.
  std::string server;
  // Whether to say how to go on from a failure: the server that has the run
  // stays.
  bool commands = true;
};

// A page of `run` in view FULL, with as many results as the caller has
// (`results_truncated` says that there are more, and so does the page).
// `history` are runs of the same rule set in view BASIC in any order, `run`
// itself among them or not: a chart of the newest 40 that tells when it began
// to fail.
std::string HtmlRunPage(const v1::Run& run, const std::vector<v1::Run>& history,
                        const HtmlOptions& options);

// What a list of runs was asked for, and the names of the query parameters by
// which its form and its links ask again.
struct HtmlRunsQuery {
  std::string rule_set;   // rule_set=
  std::string migration;  // migration=
  std::string verdict;    // verdict=pass|warn|fail|error, "": any
  bool active = false;    // active=1: only runs that are not terminal
  // label=KEY=VALUE, repeated; the form sends `label=` for an empty field,
  // which means nothing.
  std::map<std::string, std::string> labels;
  std::string page_token;  // page_token=
};

// A page of `runs` (view BASIC, newest first), with a form to filter them by
// GET and a link to older ones where `next_page_token` is not empty.
// `complaint` stands above the list, e.g. that a label has no "="; or empty.
std::string HtmlRunsPage(const std::vector<v1::Run>& runs,
                         const std::string& next_page_token,
                         const HtmlRunsQuery& query, const HtmlOptions& options,
                         const std::string& complaint = "");

// "rule_set=a%2Fb&verdict=fail": `query` as it stands behind "?"; "" where it
// asks for everything.
std::string HtmlRunsQueryString(const HtmlRunsQuery& query);

struct HtmlError {
  int status = 500;     // HTTP's, e.g. 404.
  std::string title;    // What is wrong, e.g. "No such run".
  std::string message;  // Place, cause and remedy; may have several lines.
  std::string reason;   // Of docs/errors.md, or empty.
};

std::string HtmlErrorPage(const HtmlError& error, const HtmlOptions& options);

// The value of the header Content-Security-Policy for these pages, and for no
// others: it knows their style sheet and their script by hash.
std::string HtmlContentSecurityPolicy();

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_REPORT_H_
