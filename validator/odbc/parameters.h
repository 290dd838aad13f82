// SPDX-License-Identifier: Apache-2.0
// Binds the values of a statement to its markers.
#ifndef ASSAY_VALIDATOR_ODBC_PARAMETERS_H_
#define ASSAY_VALIDATOR_ODBC_PARAMETERS_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "validator/base/cancellation.h"
#include "validator/odbc/handle.h"
#include "validator/odbc/link.h"
#include "validator/value/value.h"

namespace assay::odbc {

// Owns what is bound; must outlive the execution.
class Parameters {
 public:
  // int64 goes as SQL_BIGINT, double as SQL_DOUBLE, Bytes as SQL_VARBINARY,
  // everything else as text. Text with a zero byte is kValueInvalid, since the
  // drivers would cut it there. With `opaque_text_as_bytes` such text goes as
  // Bytes, and so does text like "X'00FF'", which SQLite's driver would give
  // back as what it takes for a blob.
  absl::Status Bind(Link& link, SQLHSTMT statement,
                    const std::vector<Value>& values,
                    bool opaque_text_as_bytes = false);

 private:
  struct Slot {
    std::string text;
    int64_t integer = 0;
    double real = 0;
    SQLLEN indicator = 0;
  };
  std::deque<Slot> slots_;  // Addresses stay.
};

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_PARAMETERS_H_
