// SPDX-License-Identifier: Apache-2.0
#include "validator/server/reload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/server/configure.h"
#include "validator/server/process.h"

namespace assay::server {
namespace {

void Say(const std::string& what, const std::vector<std::string>& names,
         std::vector<std::string>& parts) {
  if (names.empty()) return;
  parts.push_back(absl::StrCat(what, " ", absl::StrJoin(names, ", ")));
}

// "connections added a, b; changed c; limits", or "nothing".
std::string Summary(const connections::ConnectionChanges& connections,
                    const ServerConfig& before, const ServerConfig& now) {
  std::vector<std::string> parts;
  Say("added connections", connections.added, parts);
  Say("changed connections", connections.changed, parts);
  Say("removed connections", connections.removed, parts);
  if (LimitsOf(before) != LimitsOf(now)) parts.emplace_back("limits");
  if (before.drain_grace != now.drain_grace) parts.emplace_back("drain_grace");
  if (before.log_level != now.log_level) parts.emplace_back("log_level");
  if (before.log_format != now.log_format) parts.emplace_back("log_format");
  if (now.auth.has_value()) parts.emplace_back("principals read anew");
  if (now.tls.has_value()) parts.emplace_back("certificates read anew");
  return parts.empty() ? "nothing has changed" : absl::StrJoin(parts, "; ");
}

}  // namespace

Reloader::Reloader(Flags flags, ServerConfig running, Serving serving)
    : flags_(std::move(flags)),
      serving_(serving),
      running_(std::move(running)),
      thread_([this] { Loop(); }) {}

Reloader::~Reloader() {
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
  }
  thread_.join();
}

void Reloader::Request() {
  absl::MutexLock lock(&mu_);
  wanted_ = true;
}

absl::Duration Reloader::drain_grace() const {
  absl::MutexLock lock(&mu_);
  return running_.drain_grace;
}

void Reloader::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return wanted_ || closing_;
      };
      mu_.Await(absl::Condition(&awake));
      if (closing_) return;
      wanted_ = false;
    }
    TellServiceManager(ServiceState::kReloading);
    Reload();
    TellServiceManager(ServiceState::kReady);
  }
}

void Reloader::Refuse(const std::vector<std::string>& mistakes) {
  for (const std::string& mistake : mistakes) {
    // Not the line of the file below: it may hold a password.
    LogError(absl::StrCat("reload: ", mistake.substr(0, mistake.find('\n'))));
  }
  const std::string what = absl::StrCat(
      "the configuration was not reloaded, for ", mistakes.size(),
      mistakes.size() == 1 ? " mistake" : " mistakes",
      "; everything stays as it was. Correct the file and send SIGHUP again");
  LogError(what);
  serving_.identity->NoteServer("reload refused", what);
}

void Reloader::Reload() {
  Configured next = Configure(flags_);
  if (next.ok) {
    const absl::Status status = serving_.identity->CheckReload(next.config);
    if (!status.ok()) next.mistakes.emplace_back(status.message());
  }
  if (!next.ok || !next.mistakes.empty()) {
    std::vector<std::string> all = std::move(next.issues);
    all.insert(all.end(), next.mistakes.begin(), next.mistakes.end());
    return Refuse(all);
  }
  for (const std::string& warning : next.issues) {
    LogWarning(warning.substr(0, warning.find('\n')));
  }
  ServerConfig before;
  {
    absl::MutexLock lock(&mu_);
    before = running_;
  }
  ServerConfig& config = next.config;
  // The only one that may still fail, for files change at any time; then it
  // changes nothing.
  if (const absl::Status status = serving_.identity->Reload(config);
      !status.ok()) {
    return Refuse({std::string(status.message())});
  }
  const absl::StatusOr<connections::ConnectionChanges> connections =
      serving_.registry->Replace(config.connections);
  if (!connections.ok()) {  // It was checked above.
    return Refuse({std::string(connections.status().message())});
  }
  serving_.runs->SetLimits(LimitsOf(config));
  // Before it may be said more softly.
  const std::string summary = Summary(*connections, before, config);
  LogInfo(absl::StrCat("configuration reloaded: ", summary));
  const std::vector<std::string> waiting = NeedRestart(before, config);
  if (!waiting.empty()) {
    LogWarning(absl::StrCat("reload: ", absl::StrJoin(waiting, ", "),
                            waiting.size() == 1 ? " changes" : " change",
                            " with a restart only, and stayed as at the "
                            "start; the rest is in use"));
  }
  InitLog(config.log_level, config.log_format);
  serving_.identity->NoteServer("reloaded", summary);
  config.listen = before.listen;
  config.store = before.store;
  config.state_directory = before.state_directory;
  config.http = before.http;
  absl::MutexLock lock(&mu_);
  running_ = std::move(config);
}

}  // namespace assay::server
