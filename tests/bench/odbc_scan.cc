// SPDX-License-Identifier: Apache-2.0
// The floor of a scan and of an aggregate: plain ODBC, written for one purpose.
// Runs a SELECT, reads all rows and looks at every cell's length.
//
//   odbc_scan CONNECTION-STRING SELECT [OPTION...]
//     --array N      rows that one fetch brings (default 1000)
//     --width N      bytes of a text buffer (default 256)
//     --int N        column N (from 1) as SQL_C_SBIGINT, the others as text;
//                    may be repeated
//     --pages N      the SELECT's ? is the last column of the row before, first
//                    -1, and it ends in LIMIT N: pages until one is short
//     --prepare      SQLPrepare and SQLExecute instead of SQLExecDirect
//     --print        prints the rows, tab between cells
//
// The last line has rows, bytes and the seconds from the statement to its last
// row: to connect is not in it. A value that does not fit fails, for a floor
// that reads less than the product would be too low.
#include <sql.h>
#include <sqlext.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  std::string connection;
  std::string select;
  size_t array = 1000;
  size_t width = 256;
  std::set<int> integers;
  size_t page = 0;
  bool prepare = false;
  bool print = false;
};

struct Column {
  bool integer = false;
  size_t width = 0;
  std::vector<char> data;
  std::vector<SQLLEN> lengths;
};

struct Totals {
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "odbc_scan: %s\n", message.c_str());
  std::exit(1);
}

void Check(SQLRETURN result, SQLSMALLINT type, SQLHANDLE handle,
           const char* what) {
  if (result == SQL_SUCCESS) return;
  SQLCHAR state[6] = {};
  SQLCHAR text[1024] = {};
  SQLINTEGER native = 0;
  SQLSMALLINT length = 0;
  const SQLRETURN has = SQLGetDiagRec(type, handle, 1, state, &native, text,
                                      sizeof text, &length);
  const bool truncated =
      std::strcmp(reinterpret_cast<const char*>(state), "01004") == 0;
  if (result == SQL_SUCCESS_WITH_INFO && !truncated) return;
  Die(std::string(what) + ": " +
      (has == SQL_SUCCESS ? reinterpret_cast<const char*>(text)
                          : "no diagnostic"));
}

SQLCHAR* Text(const std::string& text) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str()));
}

class Scan {
 public:
  Scan(SQLHDBC connection, const Options& options) : options_(options) {
    SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement_);
  }
  ~Scan() { SQLFreeHandle(SQL_HANDLE_STMT, statement_); }
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  Totals Run() {
    if (options_.page == 0) {
      Execute();
      return Read();
    }
    Totals all;
    last_key_ = -1;
    Check(SQLBindParameter(statement_, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT,
                           SQL_BIGINT, 0, 0, &last_key_, 0, nullptr),
          SQL_HANDLE_STMT, statement_, "bind");
    Check(SQLPrepare(statement_, Text(options_.select), SQL_NTS),
          SQL_HANDLE_STMT, statement_, "prepare");
    while (true) {
      Check(SQLExecute(statement_), SQL_HANDLE_STMT, statement_, "execute");
      const Totals page = Read();
      all.rows += page.rows;
      all.bytes += page.bytes;
      SQLFreeStmt(statement_, SQL_CLOSE);
      if (page.rows < options_.page) return all;
    }
  }

 private:
  void Execute() {
    if (!options_.prepare) {
      Check(SQLExecDirect(statement_, Text(options_.select), SQL_NTS),
            SQL_HANDLE_STMT, statement_, "execute");
      return;
    }
    Check(SQLPrepare(statement_, Text(options_.select), SQL_NTS),
          SQL_HANDLE_STMT, statement_, "prepare");
    Check(SQLExecute(statement_), SQL_HANDLE_STMT, statement_, "execute");
  }

  void Bind() {
    SQLSMALLINT count = 0;
    SQLNumResultCols(statement_, &count);
    columns_.resize(static_cast<size_t>(count));
    for (int i = 1; i <= count; ++i) {
      Column& column = columns_[static_cast<size_t>(i - 1)];
      column.integer = options_.integers.count(i) > 0;
      column.width = column.integer ? sizeof(int64_t) : options_.width;
      column.data.resize(column.width * options_.array);
      column.lengths.resize(options_.array);
      Check(SQLBindCol(statement_, static_cast<SQLUSMALLINT>(i),
                       column.integer ? SQL_C_SBIGINT : SQL_C_CHAR,
                       column.data.data(), static_cast<SQLLEN>(column.width),
                       column.lengths.data()),
            SQL_HANDLE_STMT, statement_, "bind");
    }
    SQLSetStmtAttr(statement_, SQL_ATTR_ROW_ARRAY_SIZE,
                   reinterpret_cast<SQLPOINTER>(options_.array), 0);
    SQLSetStmtAttr(statement_, SQL_ATTR_ROWS_FETCHED_PTR, &fetched_, 0);
    // The driver may know less than was asked for.
    SQLULEN array = 1;
    SQLGetStmtAttr(statement_, SQL_ATTR_ROW_ARRAY_SIZE, &array, 0, nullptr);
    if (array != options_.array) Die("the driver takes no row array");
  }

  Totals Read() {
    if (columns_.empty()) Bind();
    Totals totals;
    while (true) {
      fetched_ = 0;
      const SQLRETURN result = SQLFetch(statement_);
      if (result == SQL_NO_DATA) return totals;
      Check(result, SQL_HANDLE_STMT, statement_, "fetch");
      for (const Column& column : columns_) {
        for (size_t row = 0; row < fetched_; ++row) {
          if (column.lengths[row] >= 0) {
            totals.bytes += static_cast<uint64_t>(column.lengths[row]);
          }
        }
      }
      totals.rows += fetched_;
      if (options_.print) Print();
      if (options_.page > 0 && fetched_ > 0) {
        std::memcpy(
            &last_key_,
            columns_.back().data.data() + (fetched_ - 1) * sizeof last_key_,
            sizeof last_key_);
      }
    }
  }

  void Print() const {
    for (size_t row = 0; row < fetched_; ++row) {
      for (size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        if (i > 0) std::putchar('\t');
        if (column.lengths[row] < 0) {
          std::fputs("NULL", stdout);
          continue;
        }
        const char* cell = column.data.data() + row * column.width;
        if (column.integer) {
          int64_t value = 0;
          std::memcpy(&value, cell, sizeof value);
          std::printf("%lld", static_cast<long long>(value));
        } else {
          std::fwrite(cell, 1, static_cast<size_t>(column.lengths[row]),
                      stdout);
        }
      }
      std::putchar('\n');
    }
  }

  const Options& options_;
  SQLHSTMT statement_ = SQL_NULL_HSTMT;
  std::vector<Column> columns_;
  SQLULEN fetched_ = 0;
  int64_t last_key_ = -1;
};

Options Parse(int argc, char** argv) {
  Options options;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number = [&]() -> size_t {
      if (i + 1 >= argc) Die(std::string(word) + " wants a number");
      return std::strtoull(argv[++i], nullptr, 10);
    };
    if (word == "--array") {
      options.array = number();
    } else if (word == "--width") {
      options.width = number();
    } else if (word == "--int") {
      options.integers.insert(static_cast<int>(number()));
    } else if (word == "--pages") {
      options.page = number();
    } else if (word == "--prepare") {
      options.prepare = true;
    } else if (word == "--print") {
      options.print = true;
    } else {
      words.emplace_back(word);
    }
  }
  if (words.size() != 2 || options.array == 0 || options.width == 0) {
    Die("usage: odbc_scan CONNECTION-STRING SELECT [OPTION...]");
  }
  options.connection = words[0];
  options.select = words[1];
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  SQLHENV environment = SQL_NULL_HENV;
  SQLHDBC connection = SQL_NULL_HDBC;
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
  SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION,
                reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
  SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
  Check(SQLDriverConnect(connection, nullptr, Text(options.connection), SQL_NTS,
                         nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT),
        SQL_HANDLE_DBC, connection, "connect");
  const auto start = std::chrono::steady_clock::now();
  Totals totals;
  {
    Scan scan(connection, options);
    totals = scan.Run();
  }
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  std::printf("rows=%llu bytes=%llu seconds=%.4f\n",
              static_cast<unsigned long long>(totals.rows),
              static_cast<unsigned long long>(totals.bytes), seconds.count());
  SQLDisconnect(connection);
  SQLFreeHandle(SQL_HANDLE_DBC, connection);
  SQLFreeHandle(SQL_HANDLE_ENV, environment);
  return 0;
}
