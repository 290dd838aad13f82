// SPDX-License-Identifier: Apache-2.0
#include "validator/server/token_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/server/flags.h"
#include "validator/server/server_config.h"
#include "validator/service/token.h"
#include "validator/value/value.h"

namespace assay::server {
namespace {

using service::TokenRecord;

constexpr size_t kMaxName = 200;

struct Options {
  std::string config;
  std::string file;
  std::string name;
  std::string principal;
  std::string expires;
  std::string id;
  bool all = false;
};

int Complain(int code, const std::string& message) {
  (void)std::fprintf(stderr, "assayd: %s\n", message.c_str());
  return code;
}

int Complain(const absl::Status& status) {
  return Complain(kExitCannotStart, std::string(status.message()));
}

// The file of tokens, and the principals where the configuration was read.
struct Place {
  std::string file;
  std::optional<std::vector<std::string>> principals;
};

absl::StatusOr<Place> Find(const Options& options) {
  Place out;
  out.file = options.file;
  std::string path = options.config;
  if (path.empty() && access(kDefaultConfigPath, R_OK) == 0) {
    path = kDefaultConfigPath;
  }
  if (!path.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadConfigFile(path));
    std::vector<Issue> issues;
    const ServerConfig config = ParseServerConfig(text, issues);
    for (const Issue& issue : issues) {
      if (issue.severity != Severity::kError) continue;
      return MakeError(ErrorReason::kArgumentInvalid,
                       FormatConfigIssue(issue, path));
    }
    if (config.auth.has_value()) {
      out.principals.emplace();
      for (const service::Principal& principal : config.auth->principals) {
        out.principals->push_back(principal.name);
      }
      if (out.file.empty()) out.file = config.auth->token_file;
    }
  }
  if (!out.file.empty()) return out;
  return MakeError(ErrorReason::kArgumentInvalid,
                   path.empty()
                       ? "say --config FILE, whose auth.tokens names the file "
                         "of tokens, or --file FILE"
                       : absl::StrCat("'", path,
                                      "' has no auth.tokens; add it, or say "
                                      "--file FILE"));
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

int Create(const Options& options) {
  const absl::StatusOr<Place> place = Find(options);
  if (!place.ok()) {
    return Complain(kExitUsage, std::string(place.status().message()));
  }
  const auto& known = place->principals;
  if (known.has_value() && std::find(known->begin(), known->end(),
                                     options.principal) == known->end()) {
    const std::string nearest = NearestName(options.principal, *known);
    return Complain(
        kExitUsage,
        absl::StrCat("--principal: the configuration has no principal '",
                     options.principal, "'",
                     nearest.empty()
                         ? ""
                         : absl::StrCat("; did you mean '", nearest, "'?")));
  }
  if (options.name.empty() || options.name.size() > kMaxName) {
    return Complain(kExitUsage, "--name: has 1 to 200 bytes");
  }
  const absl::Time now = absl::Now();
  absl::Time expires = absl::InfiniteFuture();
  if (options.expires != "never") {
    const auto micros = ParseDurationMicros(options.expires);
    if (!micros.has_value() || *micros <= 0) {
      return Complain(kExitUsage,
                      "--expires: must be a duration such as 90d, or never");
    }
    expires = now + absl::Microseconds(*micros);
  }
  const absl::StatusOr<service::NewToken> token =
      service::MakeToken(options.name, options.principal, now, expires);
  if (!token.ok()) return Complain(token.status());
  const absl::Status status = service::EditTokenFile(
      place->file, [&](std::vector<TokenRecord>& records) {
        records.push_back(token->record);
        return absl::OkStatus();
      });
  if (!status.ok()) return Complain(status);
  // The token alone on standard output, so that it can be sent into a file.
  (void)std::printf("%s\n", token->text.c_str());
  (void)std::fprintf(
      stderr,
      "Token %s of principal '%s', %s. It is shown this once: keep it in a "
      "file that only its user can read, for --token-file.\n",
      token->record.id.c_str(), options.principal.c_str(),
      expires == absl::InfiniteFuture()
          ? "which does not expire"
          : absl::StrCat("good until ", Day(expires)).c_str());
  return kExitOk;
}

std::string StateOf(const TokenRecord& record, absl::Time now) {
  if (now >= record.revoked)
    return absl::StrCat("revoked ", Day(record.revoked));
  if (now >= record.expires)
    return absl::StrCat("expired ", Day(record.expires));
  if (record.expires == absl::InfiniteFuture()) return "good";
  return absl::StrCat("good until ", Day(record.expires));
}

int List(const Options& options) {
  const absl::StatusOr<Place> place = Find(options);
  if (!place.ok()) {
    return Complain(kExitUsage, std::string(place.status().message()));
  }
  const auto records = service::ReadTokenFile(place->file);
  if (!records.ok()) return Complain(records.status());
  const absl::Time now = absl::Now();
  (void)std::printf("%-12s  %-20s  %-31s  %s\n", "ID", "PRINCIPAL", "STATE",
                    "NAME");
  for (const TokenRecord& record : *records) {
    const std::string state = StateOf(record, now);
    if (!options.all && !absl::StartsWith(state, "good")) continue;
    (void)std::printf("%-12s  %-20s  %-31s  %s\n", record.id.c_str(),
                      record.principal.c_str(), state.c_str(),
                      record.name.c_str());
  }
  return kExitOk;
}

int Revoke(const Options& options) {
  const absl::StatusOr<Place> place = Find(options);
  if (!place.ok()) {
    return Complain(kExitUsage, std::string(place.status().message()));
  }
  // Who has only the token's text means its id.
  std::string id = options.id;
  if (const auto parts = service::SplitToken(id)) id = std::string(parts->id);
  const absl::Status status = service::EditTokenFile(
      place->file, [&](std::vector<TokenRecord>& records) {
        for (TokenRecord& record : records) {
          if (record.id != id) continue;
          if (record.revoked == absl::InfiniteFuture()) {
            record.revoked =
                absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
          }
          return absl::OkStatus();
        }
        return MakeError(ErrorReason::kArgumentInvalid,
                         absl::StrCat("there is no token '", id,
                                      "'; `assayd token list --all` has all"));
      });
  if (!status.ok()) return Complain(status);
  (void)std::fprintf(
      stderr, "Token %s is revoked; a running server refuses its next call.\n",
      id.c_str());
  return kExitOk;
}

}  // namespace

int TokenCommand(int argc, const char* const* argv) {
  Options options;
  CLI::App app("assayd token: who may call a server with `auth:`.",
               "assayd token");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", options.config,
                 "Configuration whose auth.tokens names the file; default: "
                 "/etc/assay/assayd.yaml");
  app.add_option("--file", options.file, "The file of tokens itself");
  CLI::App* create = app.add_subcommand(
      "create", "Make a token, and print it: it cannot be shown again");
  create->add_option("--name", options.name, "What it is for, for people")
      ->required();
  create->add_option("--principal", options.principal, "Whose rights it has")
      ->required();
  options.expires = "90d";
  create->add_option("--expires", options.expires,
                     "How long it is good: 90d (the default), 12h, …, never");
  CLI::App* list = app.add_subcommand("list", "Show the tokens that are good");
  list->add_flag("--all", options.all, "Also those revoked or expired");
  CLI::App* revoke = app.add_subcommand("revoke", "End a token at once");
  revoke->add_option("id", options.id, "Its id, as list shows it")->required();
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (create->parsed()) return Create(options);
  return list->parsed() ? List(options) : Revoke(options);
}

}  // namespace assay::server
