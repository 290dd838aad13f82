// SPDX-License-Identifier: Apache-2.0
#include "validator/base/state_paths.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace assay {

std::string FileName(const std::string& name) {
  if (name == "." || name == "..") return name == "." ? "%2E" : "%2E%2E";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '.' || c == '_' || c == '-') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  // File systems take 255 bytes; the rest of a long name is told by its hash
  // (FNV-1a, which is the same on every machine).
  constexpr size_t kLongest = 150;
  if (out.size() <= kLongest) return out;
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return absl::StrFormat("%s-%016x", out.substr(0, kLongest), hash);
}

std::string RunFolder(const std::string& directory, const char* kind,
                      const std::string& run_id) {
  return absl::StrCat(directory, "/", kind, "/", FileName(run_id));
}

std::string DifferencesPath(const std::string& directory,
                            const std::string& run_id,
                            const std::string& rule_id) {
  return absl::StrCat(RunFolder(directory, "differences", run_id), "/",
                      FileName(rule_id), ".jsonl");
}

std::string ScratchDirectory(const std::string& directory,
                             const std::string& run_id) {
  return RunFolder(directory, "scratch", run_id);
}

}  // namespace assay
