// SPDX-License-Identifier: Apache-2.0
#include "validator/http/pages.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "assay/v1/validation_service.pb.h"
#include "validator/base/status.h"
#include "validator/report/html_report.h"

namespace assay::http {
namespace {

using google::protobuf::Message;

constexpr char kRunsPath[] = "/runs";
constexpr int kRunsOfAPage = 50;
constexpr int kRunsOfAChart = 40;
constexpr int kResultsOfACall = 500;
// What a browser still shows without pain.
constexpr int kMaxResults = 5000;
constexpr size_t kMaxResultBytes = 8 << 20;
constexpr int kRunRefreshSeconds = 3;
constexpr int kRunsRefreshSeconds = 15;

Response ToHtml(std::string html) {
  Response out{.content_type = "text/html; charset=utf-8",
               .body = std::move(html)};
  out.fields.push_back(
      {"Content-Security-Policy", report::HtmlContentSecurityPolicy()});
  return out;
}

report::HtmlOptions Options(const v1::GetServerInfoResponse& info,
                            int refresh_seconds) {
  return {.runs_path = kRunsPath,
          .refresh_seconds = refresh_seconds,
          .now = absl::Now(),
          .principal = info.principal(),
          .server = info.version().empty()
                        ? ""
                        : absl::StrCat("assayd ", info.version())};
}

// Asks for what a page shows, one call after the other; lives as long as one of
// them is under way. Its calls never overlap, so it needs no lock.
class Page : public std::enable_shared_from_this<Page> {
 public:
  Page(Gateway& gateway, const Request& request, std::string route,
       std::shared_ptr<Exchange> exchange, Answer answer)
      : gateway_(gateway),
        request_({.caller = request.caller, .fields = request.fields}),
        route_(std::move(route)),
        exchange_(std::move(exchange)),
        answer_(std::move(answer)) {}

  void ShowRun(const std::string& run_id) {
    v1::GetRunRequest ask;
    ask.set_run_id(run_id);
    ask.set_view(v1::RUN_VIEW_FULL);
    Call<v1::Run>("GetRun", ask, [this](v1::Run& run) {
      run_ = std::move(run);
      if (!run_.results_truncated()) return AskHistory();
      run_.clear_results();
      AskResults("");
    });
  }

  void ShowRuns(const Target& target) {
    v1::ListRunsRequest ask;
    std::string complaint;
    ReadQuery(target, ask, complaint);
    Call<v1::ListRunsResponse>(
        "ListRuns", ask,
        [this, complaint = std::move(complaint)](v1::ListRunsResponse& list) {
          list_ = std::move(list);
          AskInfo([this, complaint](const v1::GetServerInfoResponse& info) {
            const std::vector<v1::Run> runs(list_.runs().begin(),
                                            list_.runs().end());
            Finish(report::HtmlRunsPage(runs, list_.next_page_token(), query_,
                                        Options(info, kRunsRefreshSeconds),
                                        complaint));
          });
        });
  }

 private:
  // `next` is called with the answer; an error ends the page.
  template <typename T>
  void Call(const std::string& rpc, const Message& request,
            std::function<void(T&)> next) {
    std::unique_ptr<Message> copy(request.New());
    copy->CopyFrom(request);
    gateway_.Call(rpc, request_, std::move(copy), exchange_,
                  [self = shared_from_this(), next = std::move(next)](
                      const grpc::Status& status,
                      const std::unique_ptr<Message>& response) {
                    if (status.ok()) return next(dynamic_cast<T&>(*response));
                    self->Answered(ToPage(FailureOf(status)));
                  });
  }

  void AskResults(const std::string& page_token) {
    v1::ListResultsRequest ask;
    ask.set_run_id(run_.run_id());
    ask.set_view(v1::RUN_VIEW_FULL);
    ask.set_page_size(kResultsOfACall);
    ask.set_page_token(page_token);
    Call<v1::ListResultsResponse>(
        "ListResults", ask, [this](v1::ListResultsResponse& list) {
          for (v1::RuleResult& result : *list.mutable_results()) {
            result_bytes_ += result.ByteSizeLong();
            *run_.add_results() = std::move(result);
          }
          const bool more = !list.next_page_token().empty();
          run_.set_results_truncated(more);
          if (more && run_.results_size() < kMaxResults &&
              result_bytes_ < kMaxResultBytes) {
            return AskResults(list.next_page_token());
          }
          AskHistory();
        });
  }

  void AskHistory() {
    v1::ListRunsRequest ask;
    ask.set_rule_set_name(run_.rule_set_name());
    ask.set_page_size(kRunsOfAChart);
    Call<v1::ListRunsResponse>(
        "ListRuns", ask, [this](v1::ListRunsResponse& list) {
          list_ = std::move(list);
          AskInfo([this](const v1::GetServerInfoResponse& info) {
            const std::vector<v1::Run> history(list_.runs().begin(),
                                               list_.runs().end());
            Finish(report::HtmlRunPage(run_, history,
                                       Options(info, kRunRefreshSeconds)));
          });
        });
  }

  void AskInfo(std::function<void(const v1::GetServerInfoResponse&)> next) {
    Call<v1::GetServerInfoResponse>(
        "GetServerInfo", v1::GetServerInfoRequest(),
        [next = std::move(next)](v1::GetServerInfoResponse& info) {
          next(info);
        });
  }

  void ReadQuery(const Target& target, v1::ListRunsRequest& ask,
                 std::string& complaint) {
    for (const auto& [name, value] : target.query) {
      if (name == "rule_set") query_.rule_set = value;
      if (name == "migration") query_.migration = value;
      if (name == "verdict") query_.verdict = value;
      if (name == "active") query_.active = value == "1";
      if (name == "page_token") query_.page_token = value;
      if (name != "label" || value.empty()) continue;
      const size_t equals = value.find('=');
      if (equals == 0 || equals == std::string::npos) {
        complaint = absl::StrCat("A label is written KEY=VALUE; '", value,
                                 "' was not looked for.");
        continue;
      }
      query_.labels[value.substr(0, equals)] = value.substr(equals + 1);
    }
    ask.set_page_size(kRunsOfAPage);
    ask.set_rule_set_name(query_.rule_set);
    ask.set_migration(query_.migration);
    ask.set_active_only(query_.active);
    ask.set_page_token(query_.page_token);
    ask.mutable_labels()->insert(query_.labels.begin(), query_.labels.end());
    v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;
    if (!query_.verdict.empty() &&
        !v1::Verdict_Parse(
            absl::StrCat("VERDICT_", absl::AsciiStrToUpper(query_.verdict)),
            &verdict)) {
      complaint = absl::StrCat("There is no verdict '", query_.verdict,
                               "': it is pass, warn, fail or error.");
      query_.verdict.clear();
    }
    ask.set_verdict(verdict);
  }

  void Finish(std::string html) { Answered(ToHtml(std::move(html))); }

  void Answered(Response response) {
    response.route = route_;
    answer_(std::move(response));
  }

  Gateway& gateway_;
  const Request request_;  // Without its body.
  const std::string route_;
  const std::shared_ptr<Exchange> exchange_;
  const Answer answer_;
  report::HtmlRunsQuery query_;
  v1::Run run_;
  v1::ListRunsResponse list_;
  size_t result_bytes_ = 0;
};

std::string Sentence(const Failure& failure) {
  if (failure.reason == "RUN_NOT_FOUND") return "No such run";
  if (failure.http_status == 401) return "Who are you?";
  if (failure.http_status == 403) return "Not allowed";
  if (failure.http_status == 404) return "Nothing is here";
  if (failure.http_status == 400) return "This cannot be answered";
  return "It did not work";
}

}  // namespace

Response ToPage(const Failure& failure) {
  const report::HtmlError error{.status = failure.http_status,
                                .title = Sentence(failure),
                                .message = failure.message,
                                .reason = failure.reason};
  Response out = ToHtml(report::HtmlErrorPage(
      error, {.runs_path = kRunsPath, .now = absl::Now()}));
  AddFields(failure, out);
  return out;
}

void AnswerPage(Gateway& gateway, const Request& request, const Target& target,
                const std::shared_ptr<Exchange>& exchange, Answer answer) {
  const bool list = target.segments.size() == 1;
  const auto page = std::make_shared<Page>(gateway, request,
                                           list ? "/runs" : "/runs/{run_id}",
                                           exchange, std::move(answer));
  if (list) {
    page->ShowRuns(target);
  } else {
    page->ShowRun(target.segments[1]);
  }
}

}  // namespace assay::http
