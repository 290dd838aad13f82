// SPDX-License-Identifier: Apache-2.0
// ODBC handles that free themselves.
//
// A handle is movable and confined to one thread at a time, but for SQLCancel
// (cancel.h). Free order is the owner's business: statements before their
// connection, connections before their environment.
#ifndef ASSAY_VALIDATOR_ODBC_HANDLE_H_
#define ASSAY_VALIDATOR_ODBC_HANDLE_H_

#include <sql.h>
#include <sqlext.h>

#include <utility>

namespace assay::odbc {

template <SQLSMALLINT kType>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      Free();
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  ~Handle() { Free(); }

  // Allocates below `parent` (null for an environment). On failure the
  // diagnostics are the parent's.
  bool Allocate(SQLHANDLE parent) {
    Free();
    return SQL_SUCCEEDED(SQLAllocHandle(kType, parent, &raw_));
  }

  SQLHANDLE get() const { return raw_; }

 private:
  void Free() {
    if (raw_ != nullptr) SQLFreeHandle(kType, raw_);
    raw_ = nullptr;
  }
  SQLHANDLE raw_ = nullptr;
};

using EnvironmentHandle = Handle<SQL_HANDLE_ENV>;
using ConnectionHandle = Handle<SQL_HANDLE_DBC>;
using StatementHandle = Handle<SQL_HANDLE_STMT>;

// ODBC takes its text as mutable and unsigned, and changes neither.
inline SQLCHAR* OdbcText(const char* text) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text));
}

// ODBC attributes carry integers in a pointer.
inline SQLPOINTER OdbcInteger(SQLULEN value) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): there is no other way.
  return reinterpret_cast<SQLPOINTER>(value);
}

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_HANDLE_H_
