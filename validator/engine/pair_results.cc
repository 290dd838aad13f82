// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/pair_results.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"

namespace assay::engine {

const PairResult* FindPair(const std::map<int, PairResults>& results, int index,
                           const TablePair& pair) {
  const auto rule = results.find(index);
  if (rule == results.end()) return nullptr;
  const auto found = rule->second.find(pair.source);
  return found == rule->second.end() ? nullptr : &found->second;
}

bool ListIsWhole(const Result& earlier) {
  if (!earlier.diff.has_value()) return false;
  const DiffCounts& diff = *earlier.diff;
  return diff.complete && diff.unstable == 0 && diff.lost == 0 &&
         diff.accepted == 0 && diff.duplicate_keys_source == 0 &&
         diff.duplicate_keys_target == 0 && diff.null_keys_source == 0 &&
         diff.null_keys_target == 0 && earlier.differences > 0 &&
         earlier.differences == diff.missing + diff.extra + diff.changed;
}

bool FileExists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

void AppendList(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary | std::ios::app);
  out << in.rdbuf();
  if (!out) {
    LogWarning(absl::StrCat("list of differences: cannot write '", to, "'"));
  }
}

}  // namespace assay::engine
