// SPDX-License-Identifier: Apache-2.0
#include "validator/server/store_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/runs/store.h"
#include "validator/runs/store_source.h"
#include "validator/server/flags.h"
#include "validator/server/server_config.h"

namespace assay::server {
namespace {

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Complain(int code, const std::string& message) {
  (void)std::fprintf(stderr, "assayd: %s\n", message.c_str());
  return code;
}

// The store that a server with this configuration would have.
absl::StatusOr<runs::StoreOptions> Find(std::string path) {
  if (path.empty() && access(kDefaultConfigPath, R_OK) == 0) {
    path = kDefaultConfigPath;
  }
  ServerConfig config;
  if (!path.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadConfigFile(path));
    std::vector<Issue> issues;
    config = ParseServerConfig(text, issues);
    for (const Issue& issue : issues) {
      if (issue.severity != Severity::kError) continue;
      return MakeError(ErrorReason::kArgumentInvalid,
                       FormatConfigIssue(issue, path));
    }
  }
  const runs::StoreOptions options = StoreOptionsOf(
      config.store,
      DefaultStorePath(geteuid() == 0, Environment("XDG_STATE_HOME"),
                       Environment("HOME")));
  if (options.path.empty() && options.postgresql.empty()) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "the store of this configuration goes with its server; "
                     "there is nothing to migrate");
  }
  return options;
}

int Migrate(const std::string& config) {
  const absl::StatusOr<runs::StoreOptions> options = Find(config);
  if (!options.ok()) {
    return Complain(kExitUsage, std::string(options.status().message()));
  }
  if (options->postgresql.empty()) {
    const absl::Status made = MakeStoreDirectory(options->path);
    if (!made.ok()) {
      return Complain(kExitCannotStart, std::string(made.message()));
    }
  }
  const absl::StatusOr<std::unique_ptr<runs::StoreSource>> source =
      runs::StoreSource::Open(*options);
  if (!source.ok()) {
    return Complain(kExitCannotStart, std::string(source.status().message()));
  }
  const absl::StatusOr<int64_t> found = runs::Store::Migrate(
      [&source] { return (*source)->Connect(); }, (*source)->dialect());
  const std::string& name = (*source)->name();
  if (!found.ok()) {
    return Complain(
        kExitCannotStart,
        absl::StrCat(name, ": ", std::string(found.status().message())));
  }
  const std::string was =
      *found == 0 ? "was made"
      : *found == runs::kStoreVersion
          ? "was there already"
          : absl::StrCat("was brought up from schema ", *found);
  (void)std::printf("%s: schema %lld %s\n", name.c_str(),
                    static_cast<long long>(runs::kStoreVersion), was.c_str());
  return kExitOk;
}

}  // namespace

int StoreCommand(int argc, const char* const* argv) {
  std::string config;
  CLI::App app("assayd store: the tables in which runs are kept.",
               "assayd store");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", config,
                 "Configuration whose server.store names the store; default: "
                 "/etc/assay/assayd.yaml");
  app.add_subcommand("migrate",
                     "Make the tables, or bring them up to this version. Does "
                     "nothing where they are. A server does this itself where "
                     "the store is a file");
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return Migrate(config);
}

}  // namespace assay::server
