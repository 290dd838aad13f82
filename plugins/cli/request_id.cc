// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/request_id.h"

#include <sys/random.h>
#include <unistd.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace assay::cli {

std::string NewRequestId() {
  std::array<char, 16> bytes{};
  // 16 bytes are always there at once, after the system has started.
  if (getrandom(bytes.data(), bytes.size(), 0) !=
      static_cast<ssize_t>(bytes.size())) {
    return absl::StrCat("cli-", getpid(), "-", absl::ToUnixNanos(absl::Now()));
  }
  return absl::StrCat("cli-", absl::BytesToHexString(absl::string_view(
                                  bytes.data(), bytes.size())));
}

}  // namespace assay::cli
