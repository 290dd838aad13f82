// SPDX-License-Identifier: Apache-2.0
// The list of all differing keys of one rule: a JSONL file, one line a key, as
// users get it and as a recheck reads it back.
//
//   {"kind":"changed","table":"public.payment","key":{"payment_id":"17"},
//    "columns":["amount"]}
//
// Keys are in ToText form with null for NULL.
#ifndef ASSAY_VALIDATOR_DIFF_DIFFERENCE_LOG_H_
#define ASSAY_VALIDATOR_DIFF_DIFFERENCE_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/value/value.h"

namespace assay::diff {

struct Difference {
  std::string kind;   // "missing", "extra", "changed", "duplicate".
  std::string table;  // Of the source.
  std::vector<std::string> key_columns;
  std::vector<Value> key;
  std::vector<std::string> columns;  // That differ; of changed rows.
  // The key's text leads back to its row; false ("exact":false) where a part of
  // the key is a value that is none of its column's type.
  bool exact = true;
};

// The JSON line of a difference, without newline. Binary values are
// hexadecimal.
std::string DifferenceLine(const Difference& difference);
void AppendDifferenceLine(const Difference& difference, std::string& out);
// The reverse; values come back as text, NULL as Null. kInternal where damaged.
absl::StatusOr<Difference> ParseDifferenceLine(std::string_view line);

// Not thread-safe. Writes to `path` + ".part" and renames in Close.
class DifferenceWriter {
 public:
  static absl::StatusOr<std::unique_ptr<DifferenceWriter>> Create(
      const std::string& path);
  ~DifferenceWriter();  // Not closed: the file is removed.
  absl::Status Write(const Difference& difference);  // kSpillFailed.
  absl::Status Close();
  int64_t written() const { return written_; }

 private:
  DifferenceWriter() = default;
  std::string path_;
  std::FILE* file_ = nullptr;
  std::string line_;
  int64_t written_ = 0;
};

// Calls `visit` for each difference of the file. kDifferencesNotFound where
// there is no file.
absl::Status ReadDifferences(
    const std::string& path,
    const std::function<absl::Status(const Difference&)>& visit);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_DIFFERENCE_LOG_H_
