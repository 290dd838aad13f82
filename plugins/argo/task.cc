// SPDX-License-Identifier: Apache-2.0
#include "plugins/argo/task.h"

#include <openssl/sha.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "plugins/cli/option_values.h"
#include "validator/base/status.h"
#include "validator/report/display.h"

namespace assay::argo {
namespace {

using nlohmann::json;

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxLabelBytes = 1024;
// Queries of a gate whose agent is gone stop after this time.
constexpr absl::Duration kLease = absl::Minutes(2);
constexpr absl::Duration kGrace = absl::Minutes(2);
constexpr absl::Duration kHoldTimeout = absl::Hours(24);  // The server's own.

// Everything that `plugin: {assay: …}` may say.
constexpr std::string_view kArguments[] = {
    "rule_set",     "params",  "fail_on", "verdict_as_data", "on_hold",
    "hold_timeout", "timeout", "lease",   "server_grace",    "labels",
    "node",         "attempt", "workflow"};

absl::Status Wrong(std::string_view name, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "plugin.assay.", std::string(name), ": ", std::string(what)));
}

// The member of `object` at `name`, null where there is none.
const json& At(const json& object, const char* name) {
  static const json none;
  if (!object.is_object()) return none;
  const auto at = object.find(name);
  return at == object.end() ? none : *at;
}

std::string Text(const json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

// An argument as text: Argo substitutes into texts, people write numbers and
// booleans too. "" where it is not given.
absl::StatusOr<std::string> Argument(const json& plugin, const char* name) {
  const json& value = At(plugin, name);
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number_integer()) return value.dump();
  return Wrong(name, "a text is wanted");
}

absl::StatusOr<cli::TextMap> Texts(const json& plugin, const char* name) {
  const json& value = At(plugin, name);
  const std::string place = absl::StrCat("plugin.assay.", name);
  if (value.is_null()) return cli::TextMap();
  if (value.is_object()) return cli::ParseTexts(value.dump(), place);
  if (!value.is_string()) return Wrong(name, "an object or a text is wanted");
  return cli::ParseTexts(value.get<std::string>(), place);
}

absl::StatusOr<std::optional<absl::Duration>> Time(const json& plugin,
                                                   const char* name) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, Argument(plugin, name));
  if (text.empty()) return std::optional<absl::Duration>();
  ASSAY_ASSIGN_OR_RETURN(
      const absl::Duration time,
      cli::ParseDuration(text, absl::StrCat("plugin.assay.", name, ":")));
  return std::optional<absl::Duration>(time);
}

// Which of two words an argument says; false for "" and the first.
absl::StatusOr<bool> Second(const json& plugin, const char* name,
                            std::string_view first, std::string_view second) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, Argument(plugin, name));
  if (text.empty() || text == first) return false;
  if (text == second) return true;
  return Wrong(name, absl::StrCat("'", text, "'; it takes ", std::string(first),
                                  " or ", std::string(second)));
}

// `text`, or its beginning and its digest where it is too long.
std::string Bounded(const std::string& text) {
  if (text.size() <= kMaxIdBytes) return text;
  const std::string digest = Digest(text);
  size_t length = kMaxIdBytes - digest.size() - 1;
  // Not in the middle of a character.
  while (length > 0 && (text[length] & 0xC0) == 0x80) --length;
  return absl::StrCat(text.substr(0, length), "~", digest);
}

std::string Label(const std::string& text) {
  size_t length = std::min(text.size(), kMaxLabelBytes);
  while (length > 0 && length < text.size() && (text[length] & 0xC0) == 0x80) {
    --length;
  }
  return text.substr(0, length);
}

// "orders-x7k2p.verify(3:payment)" of the workflow "orders-x7k2p" is
// "verify[payment]": what is the same in every run of it, also where another
// item has come before this one.
std::string TaskName(std::string node, const std::string& workflow) {
  if (node.starts_with(workflow)) node = node.substr(workflow.size());
  while (!node.empty() && node.front() == '.') node = node.substr(1);
  if (node.empty()) return workflow;
  const size_t open = node.find('(');
  const size_t colon = node.find(':', std::min(open, node.size()));
  if (colon == std::string::npos || node.back() != ')') return node;
  const std::string number = node.substr(open + 1, colon - open - 1);
  if (number.empty() ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    return node;
  }
  return absl::StrCat(node.substr(0, open), "[",
                      node.substr(colon + 1, node.size() - colon - 2), "]");
}

// Names the run, and says to people where it comes from.
absl::Status Identify(const json& args, const json& plugin,
                      const Origin& origin, v1::StartRunRequest& request) {
  const json& metadata = At(At(args, "workflow"), "metadata");
  const std::string uid = Text(At(metadata, "uid"));
  const std::string name = Text(At(metadata, "name"));
  const std::string space = Text(At(metadata, "namespace"));
  if (uid.empty() || name.empty()) {
    return absl::InvalidArgumentError(
        "workflow.metadata has no uid or no name; only Argo's agent calls "
        "template.execute");
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string node, Argument(plugin, "node"));
  if (node.empty() || node.find("{{") != std::string::npos) {
    return Wrong("node",
                 "is missing; write node: '{{node.name}}'. Without it two "
                 "gates of a workflow would share one run");
  }
  ASSAY_ASSIGN_OR_RETURN(std::string attempt, Argument(plugin, "attempt"));
  if (attempt.find("{{") != std::string::npos) {
    return Wrong("attempt",
                 "'{{retries}}' has no value in a template without a "
                 "retryStrategy; leave it out");
  }
  if (attempt.empty() && !At(At(args, "template"), "retryStrategy").is_null()) {
    return Wrong("attempt",
                 "is missing; beside a retryStrategy write attempt: "
                 "'{{retries}}'. Without it a retry would be answered with the "
                 "run that it retries");
  }
  if (attempt.empty()) attempt = "0";
  ASSAY_ASSIGN_OR_RETURN(std::string workflow, Argument(plugin, "workflow"));
  if (workflow.empty()) workflow = name;
  const std::string id = absl::StrCat("argo/", uid, "/", node);
  request.set_correlation_id(Bounded(id));
  request.set_request_id(Bounded(
      absl::StrCat(id, "/", attempt, "/", Digest(origin.agent).substr(0, 16))));
  // An attempt never takes over what another one has read: the steps before it
  // may have been run again.
  request.set_attach(v1::StartRunRequest::NEVER);
  auto& labels = *request.mutable_labels();
  labels["scheduler"] = "argo";
  labels["namespace"] = Label(space);
  labels["workflow"] = Label(workflow);
  labels["run"] = Label(name);
  labels["task"] = Label(TaskName(node, name));
  labels["try"] = Label(attempt);
  if (!origin.argo_url.empty()) {
    std::string base = origin.argo_url;
    while (base.ends_with('/')) base.pop_back();
    labels["url"] = Label(absl::StrCat(base, "/workflows/", space, "/", name));
  }
  return absl::OkStatus();
}

}  // namespace

std::string Digest(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

bool IsOurs(const json& args) {
  const json& plugin = At(At(args, "template"), "plugin");
  return plugin.is_object() && plugin.contains("assay");
}

std::map<std::string, std::string> DeclaredOutputs(const json& args) {
  std::map<std::string, std::string> out;
  const json& parameters =
      At(At(At(args, "template"), "outputs"), "parameters");
  if (!parameters.is_array()) return out;
  for (const json& one : parameters) {
    const std::string name = Text(At(one, "name"));
    if (name.empty()) continue;
    out[name] = Text(At(At(one, "valueFrom"), "default"));
  }
  return out;
}

absl::StatusOr<Task> ReadTask(const json& args, const Origin& origin) {
  const json& plugin = At(At(At(args, "template"), "plugin"), "assay");
  if (!plugin.is_object()) {
    return absl::InvalidArgumentError(
        "plugin.assay: is no object; it takes at least rule_set and node");
  }
  for (const auto& [name, value] : plugin.items()) {
    bool known = false;
    for (const std::string_view one : kArguments) known |= name == one;
    if (known) continue;
    std::string all;
    for (const std::string_view one : kArguments) {
      absl::StrAppend(&all, all.empty() ? "" : ", ", std::string(one));
    }
    return Wrong(report::Escape(name),
                 absl::StrCat("there is no such argument; there are ", all));
  }
  Task out;
  v1::StartRunRequest& request = out.request;
  ASSAY_RETURN_IF_ERROR(Identify(args, plugin, origin, request));
  ASSAY_ASSIGN_OR_RETURN(std::string rule_set, Argument(plugin, "rule_set"));
  if (absl::StripAsciiWhitespace(rule_set).empty()) {
    return Wrong("rule_set", "is empty; it takes the text of a rule set");
  }
  request.set_rule_set(std::move(rule_set));
  ASSAY_ASSIGN_OR_RETURN(const cli::TextMap params, Texts(plugin, "params"));
  request.mutable_params()->insert(params.begin(), params.end());
  ASSAY_ASSIGN_OR_RETURN(const cli::TextMap labels, Texts(plugin, "labels"));
  // Ours are there already, and stay.
  for (const auto& [name, value] : labels) {
    request.mutable_labels()->insert({name, Label(value)});
  }
  ASSAY_ASSIGN_OR_RETURN(out.fail_on_warn,
                         Second(plugin, "fail_on", "fail", "warn"));
  ASSAY_ASSIGN_OR_RETURN(out.verdict_as_data,
                         Second(plugin, "verdict_as_data", "false", "true"));
  ASSAY_ASSIGN_OR_RETURN(const bool wait,
                         Second(plugin, "on_hold", "fail", "wait"));
  ASSAY_ASSIGN_OR_RETURN(out.timeout, Time(plugin, "timeout"));
  ASSAY_ASSIGN_OR_RETURN(const auto hold, Time(plugin, "hold_timeout"));
  ASSAY_ASSIGN_OR_RETURN(const auto lease, Time(plugin, "lease"));
  ASSAY_ASSIGN_OR_RETURN(const auto grace, Time(plugin, "server_grace"));
  out.grace = grace.value_or(kGrace);
  out.hold_timeout = hold.value_or(kHoldTimeout);
  v1::RunOptions& options = *request.mutable_options();
  options.set_fail_on_warn(out.fail_on_warn);
  cli::SetDuration(lease.value_or(kLease), options.mutable_lease());
  if (out.timeout.has_value()) {
    cli::SetDuration(*out.timeout, options.mutable_timeout());
  }
  if (hold.has_value() && !wait) {
    return Wrong("hold_timeout",
                 "needs on_hold: wait; else nothing waits for a release");
  }
  if (wait) {
    options.set_on_hold(v1::RunOptions::WAIT);
    if (hold.has_value()) {
      cli::SetDuration(*hold, options.mutable_hold_timeout());
    }
  }
  return out;
}

}  // namespace assay::argo
