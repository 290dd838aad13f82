// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "plugins/cli/commands.h"
#include "plugins/cli/io.h"
#include "plugins/cli/session.h"
#include "validator/base/status.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::cli {
namespace {

using Json = nlohmann::ordered_json;
using report::Escape;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Escape(word));
  }
  return out;
}

int List(const v1::ListConnectionsResponse& response, bool json) {
  std::string out;
  if (json) {
    Json all = Json::array();
    for (const v1::Connection& c : response.connections()) {
      all.push_back(Json{{"name", c.name()},
                         {"dialect", c.dialect()},
                         {"max_connections", c.max_connections()},
                         {"samples", c.samples()},
                         {"masked_columns",
                          std::vector<std::string>(c.masked_columns().begin(),
                                                   c.masked_columns().end())},
                         {"author_sql", c.author_sql()}});
    }
    out = Dump(all);
  } else if (response.connections().empty()) {
    Complain(
        "the server has no connections; add one to the configuration of "
        "assayd:\n  connections:\n    shop:\n      odbc: "
        "Driver=SQLite3;Database=/data/shop.db");
  } else {
    std::vector<std::vector<std::string>> rows{
        {"NAME", "DIALECT", "MAX", "SAMPLES", "AUTHOR SQL", "MASKED COLUMNS"}};
    for (const v1::Connection& c : response.connections()) {
      rows.push_back({Escape(c.name()),
                      c.dialect().empty() ? "(asked)" : Escape(c.dialect()),
                      absl::StrCat(c.max_connections()), Escape(c.samples()),
                      c.author_sql() ? "yes" : "no", Join(c.masked_columns())});
    }
    out = report::AlignedTable(rows, "");
  }
  const absl::Status status = Print(out);
  return status.ok() ? report::kExitProceed : Fail(status);
}

// The exit code of one test. Of several the largest counts: an error that stays
// outranks one that may pass.
int CodeOf(const v1::TestConnectionResponse& response) {
  if (!response.has_error()) return report::kExitProceed;
  return response.error().retryable() ? report::kExitRetryable
                                      : report::kExitPermanent;
}

std::string TestText(const std::string& name,
                     const v1::TestConnectionResponse& response) {
  if (response.has_error()) {
    return absl::StrCat("FAILED  ", Escape(name), ": ",
                        Escape(response.error().message()), " (",
                        Escape(response.error().reason()), ")\n");
  }
  std::string out = absl::StrCat(
      "ok      ", Escape(name), ": ", Escape(response.dbms_name()), " ",
      Escape(response.dbms_version()), ", dialect ", Escape(response.dialect()),
      ", connected in ",
      report::Seconds(static_cast<double>(response.connect_time().seconds()) +
                      response.connect_time().nanos() * 1e-9),
      "\n");
  for (const std::string& warning : response.warnings()) {
    absl::StrAppend(&out, "        warning: ", Escape(warning), "\n");
  }
  return out;
}

Json TestJson(const std::string& name,
              const v1::TestConnectionResponse& response) {
  Json out{{"name", name}, {"ok", !response.has_error()}};
  if (response.has_error()) {
    out["error"] = Json{{"reason", response.error().reason()},
                        {"message", response.error().message()},
                        {"retryable", response.error().retryable()}};
  }
  out["dbms_name"] = response.dbms_name();
  out["dbms_version"] = response.dbms_version();
  out["dialect"] = response.dialect();
  out["warnings"] = std::vector<std::string>(response.warnings().begin(),
                                             response.warnings().end());
  return out;
}

}  // namespace

int ConnectionsCommand(const GlobalOptions& global,
                       const ConnectionsOptions& options) {
  std::vector<std::string> names;
  if (!options.test.empty()) names.push_back(options.test);
  if (!options.words.empty()) {
    if (options.words[0] != "test" || options.words.size() < 2) {
      return Fail(absl::InvalidArgumentError(
          "expected: assay connections [test NAME…]"));
    }
    names.insert(names.end(), options.words.begin() + 1, options.words.end());
  }
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  Client& client = (*session)->client();
  const bool json = options.format == "json";
  if (names.empty()) {
    absl::StatusOr<v1::ListConnectionsResponse> all = client.ListConnections();
    if (!all.ok()) return Fail((*session)->Explain(all.status()));
    if (!options.test_all || all->connections().empty()) {
      return List(*all, json);
    }
    for (const v1::Connection& c : all->connections()) {
      names.push_back(c.name());
    }
  }
  int code = report::kExitProceed;
  Json results = Json::array();
  absl::Status status;
  for (const std::string& name : names) {
    absl::StatusOr<v1::TestConnectionResponse> response =
        client.TestConnection(name);
    if (!response.ok()) return Fail((*session)->Explain(response.status()));
    code = std::max(code, CodeOf(*response));
    if (json) {
      results.push_back(TestJson(name, *response));
    } else {
      // One slow database must not keep back what is known of the others.
      status.Update(Print(TestText(name, *response)));
    }
  }
  if (json) status.Update(Print(Dump(results)));
  if (!status.ok()) return Fail(status);
  return code;
}

}  // namespace assay::cli
