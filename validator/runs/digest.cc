// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/digest.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "validator/base/status.h"

namespace assay::runs {
namespace {

// Length-prefixed, so that no two lists of fields run together.
void AppendField(std::string& out, const std::string& field) {
  absl::StrAppend(&out, field.size(), ":", field);
}

}  // namespace

std::string Sha256Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  // Cannot fail but for memory; an empty digest would then match nothing.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(),
                 nullptr) != 1) {
    return "";
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::string RequestDigest(const RunRequest& request) {
  std::string text = "assay-request-1;";
  AppendField(text, request.rule_set_text);
  for (const auto& [name, value] : request.params) {
    AppendField(text, name);
    AppendField(text, value);
  }
  AppendField(text, absl::StrCat("fail_on_warn=", request.options.fail_on_warn,
                                 ";detached=", request.options.detached));
  AppendField(text, absl::FormatDuration(request.options.timeout));
  AppendField(text, absl::FormatDuration(request.options.lease));
  if (!request.recheck_of.empty()) AppendField(text, request.recheck_of);
  if (request.options.on_hold == OnHold::kWait) {
    AppendField(
        text, absl::StrCat("on_hold=wait;hold_timeout=",
                           absl::FormatDuration(request.options.hold_timeout)));
  }
  return Sha256Hex(text);
}

std::string ClaimKey(const std::string& principal,
                     const std::string& request_id) {
  // As before there were principals.
  if (principal.empty()) return Sha256Hex(request_id);
  std::string text = "assay-claim-1;";
  AppendField(text, principal);
  AppendField(text, request_id);
  return Sha256Hex(text);
}

std::string LabelKey(const std::string& name, const std::string& value) {
  std::string text;
  AppendField(text, name);
  AppendField(text, value);
  return Sha256Hex(text);
}

absl::StatusOr<std::string> NewRunId(absl::Time now) {
  static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  uint64_t random = 0;
  ssize_t got = 0;
  do {
    got = getrandom(&random, sizeof(random), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof(random))) {
    return MakeError(ErrorReason::kInternal,
                     "the kernel gives no random bytes for a run id");
  }
  uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  std::string id(kRunIdLength, '0');
  for (size_t i = 0; i < 10; ++i) {
    id[9 - i] = kAlphabet[millis & 31];
    millis >>= 5;
    id[19 - i] = kAlphabet[random & 31];
    random >>= 5;
  }
  return id;
}

}  // namespace assay::runs
