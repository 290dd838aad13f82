// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <string>

#include "validator/odbc/fetcher.h"

namespace assay::odbc {
namespace {

// A column's buffer; values beyond it are read with SQLGetData.
constexpr size_t kFirstTextWidth = 512;
constexpr size_t kWidestBuffer = 64 << 10;
// Rows between two looks at the token, where the driver works in our process
// and SQLCancel may find it between two calls.
constexpr size_t kRowsPerLook = 256;

class RowFetcher final : public Fetcher, public db::RowBlock {
 public:
  RowFetcher(Link* link, SQLHSTMT statement,
             const std::vector<ResultColumn>* columns,
             const db::QueryOptions& options, bool bind)
      : link_(link),
        statement_(statement),
        options_(options),
        bind_(bind),
        max_rows_(options.block_rows > 0
                      ? std::min(options.block_rows, kMaxBlockRows)
                      : kMaxBlockRows),
        buffers_(columns->size()) {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      const ResultColumn& column = (*columns)[i];
      buffers_[i].column = &column;
      // The size that SQLite's driver promises is not enforced by anything.
      buffers_[i].width = column.fixed() ? FixedWidth(column) : kFirstTextWidth;
    }
  }

  ~RowFetcher() override { SQLFreeStmt(statement_, SQL_UNBIND); }

  absl::StatusOr<const db::RowBlock*> Next() override {
    cells_.clear();
    bytes_.clear();
    count_ = 0;
    if (ended_) return nullptr;
    if (bind_) ASSAY_RETURN_IF_ERROR(Bind());
    while (count_ < max_rows_ &&
           (count_ == 0 || bytes_.size() + cells_.size() * sizeof(CellData) <
                               options_.block_bytes)) {
      if (count_ % kRowsPerLook == 0) {
        ASSAY_RETURN_IF_ERROR(link_->CheckCancelled(options_.cancel));
      }
      const SQLRETURN result = SQLFetch(statement_);
      if (result == SQL_NO_DATA) {
        ended_ = true;
        break;
      }
      if (!SQL_SUCCEEDED(result)) {
        return link_->Failure(statement_, options_.cancel);
      }
      if (result == SQL_SUCCESS_WITH_INFO) {
        ASSAY_RETURN_IF_ERROR(CheckFetchInfo(*link_, statement_));
      }
      for (size_t i = 0; i < buffers_.size(); ++i) {
        ASSAY_RETURN_IF_ERROR(bind_ ? CopyCell(i) : ReadCell(i));
      }
      ++count_;
    }
    return count_ > 0 ? this : nullptr;
  }

  size_t rows() const override { return count_; }
  bool IsNull(size_t row, size_t column) const override {
    return At(row, column).length < 0;
  }
  int64_t Int64(size_t row, size_t column) const override {
    return At(row, column).integer;
  }
  double Double(size_t row, size_t column) const override {
    return At(row, column).real;
  }
  std::string_view Text(size_t row, size_t column) const override {
    const CellData& cell = At(row, column);
    return std::string_view(bytes_).substr(cell.offset,
                                           static_cast<size_t>(cell.length));
  }

 private:
  struct Buffer {
    const ResultColumn* column = nullptr;
    size_t width = 0;
    size_t longest = 0;
    bool bound = false;
    std::unique_ptr<char[]> data;
    SQLLEN indicator = 0;
  };
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): a union has one.
  struct CellData {
    union {
      int64_t integer = 0;
      double real;
      size_t offset;  // Into bytes_.
    };
    int64_t length = -1;  // -1: NULL.
  };

  // Whether a blob is bound as its text.
  bool hex(const Buffer& buffer) const {
    return bind_ && link_->quirks().blobs_as_hex && !buffer.column->fixed();
  }

  const CellData& At(size_t row, size_t column) const {
    return cells_[row * buffers_.size() + column];
  }

  absl::Status Bind() {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      Buffer& buffer = buffers_[i];
      if (!buffer.column->fixed() && buffer.longest >= buffer.width) {
        const size_t width =
            std::min(kWidestBuffer, buffer.longest + buffer.longest / 4 + 1);
        if (width != buffer.width) buffer.bound = false;
        buffer.width = width;
      }
      if (buffer.bound) continue;
      buffer.data.reset(new char[buffer.width]);
      if (!SQL_SUCCEEDED(
              SQLBindCol(statement_, static_cast<SQLUSMALLINT>(i + 1),
                         hex(buffer) ? SQL_C_CHAR : buffer.column->c_type,
                         buffer.data.get(), static_cast<SQLLEN>(buffer.width),
                         &buffer.indicator))) {
        return link_->Failure(statement_, options_.cancel);
      }
      buffer.bound = true;
    }
    return absl::OkStatus();
  }

  absl::Status CopyCell(size_t i) {
    Buffer& buffer = buffers_[i];
    CellData& cell = cells_.emplace_back();
    if (buffer.indicator == SQL_NULL_DATA) return absl::OkStatus();
    if (buffer.column->fixed()) {
      cell.length = 0;
      SetFixed(*buffer.column, buffer.data.get(), &cell);
      return absl::OkStatus();
    }
    cell.offset = bytes_.size();
    const auto given = static_cast<size_t>(buffer.indicator);
    if (hex(buffer) && buffer.indicator >= 0 && given < buffer.width) {
      AppendBlob({buffer.data.get(), given}, &bytes_);
    } else if (!hex(buffer) &&
               IsWhole(*buffer.column, buffer.indicator, buffer.width)) {
      bytes_.append(buffer.data.get(), given);
    } else {
      ASSAY_RETURN_IF_ERROR(ReadLong(i));
    }
    const size_t length = bytes_.size() - cell.offset;
    cell.length = static_cast<int64_t>(length);
    buffer.longest =
        std::max(buffer.longest, hex(buffer) ? 2 * length + 3 : length);
    return absl::OkStatus();
  }

  // The value that its buffer could not hold.
  absl::Status ReadLong(size_t i) {
    const Buffer& buffer = buffers_[i];
    const auto number = static_cast<SQLUSMALLINT>(i + 1);
    const size_t most = options_.max_value_bytes;
    if (!hex(buffer)) {
      return ReadWhole(*link_, statement_, number, *buffer.column,
                       buffer.indicator, most, options_.cancel, &bytes_,
                       nullptr);
    }
    // By the same rule as a short one, lest a value depend on its length.
    ResultColumn as_text = *buffer.column;
    as_text.c_type = SQL_C_CHAR;
    std::string text;
    const absl::Status status =
        ReadWhole(*link_, statement_, number, as_text, buffer.indicator,
                  2 * most + 3, options_.cancel, &text, nullptr);
    if (GetReason(status) == ErrorReason::kValueTooLarge) {
      return ValueTooLarge(*buffer.column, most);
    }
    ASSAY_RETURN_IF_ERROR(status);
    const size_t begin = bytes_.size();
    AppendBlob(text, &bytes_);
    if (bytes_.size() - begin <= most) return absl::OkStatus();
    bytes_.resize(begin);
    return ValueTooLarge(*buffer.column, most);
  }

  absl::Status ReadCell(size_t i) {
    const ResultColumn& column = *buffers_[i].column;
    const auto number = static_cast<SQLUSMALLINT>(i + 1);
    CellData& cell = cells_.emplace_back();
    if (column.fixed()) {
      char data[8] = {};
      SQLLEN indicator = 0;
      if (!SQL_SUCCEEDED(SQLGetData(statement_, number, column.c_type, data,
                                    sizeof data, &indicator))) {
        return link_->Failure(statement_, options_.cancel);
      }
      if (indicator == SQL_NULL_DATA) return absl::OkStatus();
      cell.length = 0;
      SetFixed(column, data, &cell);
      return absl::OkStatus();
    }
    cell.offset = bytes_.size();
    bool null = false;
    ASSAY_RETURN_IF_ERROR(ReadWhole(*link_, statement_, number, column,
                                    SQL_NO_TOTAL, options_.max_value_bytes,
                                    options_.cancel, &bytes_, &null));
    if (!null) cell.length = static_cast<int64_t>(bytes_.size() - cell.offset);
    return absl::OkStatus();
  }

  static void SetFixed(const ResultColumn& column, const char* data,
                       CellData* cell) {
    if (column.description.kind == db::CellKind::kInt64) {
      cell->integer = LoadInt64(data);
    } else {
      cell->real = LoadDouble(column, data);
    }
  }

  Link* const link_;
  const SQLHSTMT statement_;
  const db::QueryOptions options_;
  const bool bind_;
  const size_t max_rows_;
  std::vector<Buffer> buffers_;
  std::vector<CellData> cells_;  // Row after row.
  std::string bytes_;
  size_t count_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Fetcher> NewRowFetcher(Link* link, SQLHSTMT statement,
                                       const std::vector<ResultColumn>* columns,
                                       const db::QueryOptions& options,
                                       bool bind) {
  return std::make_unique<RowFetcher>(link, statement, columns, options, bind);
}

std::unique_ptr<Fetcher> NewFetcher(Link* link, SQLHSTMT statement,
                                    const std::vector<ResultColumn>* columns,
                                    const db::QueryOptions& options) {
  switch (link->quirks().fetch) {
    case FetchMethod::kSetPosition:
      return NewArrayFetcher(link, statement, columns, options);
    case FetchMethod::kBoundedArray: {
      const bool bounded = std::all_of(
          columns->begin(), columns->end(), [](const ResultColumn& column) {
            return column.fixed() || column.bound > 0;
          });
      if (bounded) return NewArrayFetcher(link, statement, columns, options);
      return NewRowFetcher(link, statement, columns, options, true);
    }
    case FetchMethod::kRow:
      return NewRowFetcher(link, statement, columns, options, true);
    case FetchMethod::kGetData:
      break;
  }
  return NewRowFetcher(link, statement, columns, options, false);
}

}  // namespace assay::odbc
