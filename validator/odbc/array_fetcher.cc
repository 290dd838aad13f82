// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "validator/odbc/fetcher.h"

namespace assay::odbc {
namespace {

// Rows of the first array: the widths are not known yet.
constexpr size_t kFirstRows = 256;
// A column's buffer grows to this; longer values are read one by one.
constexpr size_t kWidestBuffer = 16 << 10;
constexpr size_t kFirstTextWidth = 128;
// Indicators from here down are ours: -100 - i is the long value i.
constexpr SQLLEN kLongValue = -100;

class ArrayFetcher final : public Fetcher, public db::RowBlock {
 public:
  ArrayFetcher(Link* link, SQLHSTMT statement,
               const std::vector<ResultColumn>* columns,
               const db::QueryOptions& options)
      : link_(link),
        statement_(statement),
        options_(options),
        max_rows_(options.block_rows > 0
                      ? std::min(options.block_rows, kMaxBlockRows)
                      : kMaxBlockRows) {
    for (const ResultColumn& column : *columns) {
      Buffer& buffer = buffers_.emplace_back();
      buffer.column = &column;
      if (column.fixed()) {
        buffer.width = FixedWidth(column);
      } else if (column.bound > 0) {
        buffer.width = column.bound + 1;
      } else {
        buffer.width = kFirstTextWidth;
      }
    }
    target_rows_ = std::min(FittingRows(), kFirstRows);
  }

  ~ArrayFetcher() override { SQLFreeStmt(statement_, SQL_UNBIND); }

  absl::StatusOr<const db::RowBlock*> Next() override {
    if (first_ + count_ == fetched_) {
      if (ended_) return nullptr;
      ASSAY_RETURN_IF_ERROR(Fetch());
      if (fetched_ == 0) return nullptr;
    }
    first_ += count_;
    ASSAY_RETURN_IF_ERROR(Serve());
    return this;
  }

  size_t rows() const override { return count_; }
  bool IsNull(size_t row, size_t column) const override {
    return buffers_[column].indicators[first_ + row] == SQL_NULL_DATA;
  }
  int64_t Int64(size_t row, size_t column) const override {
    return LoadInt64(Cell(row, column));
  }
  double Double(size_t row, size_t column) const override {
    return LoadDouble(*buffers_[column].column, Cell(row, column));
  }
  std::string_view Text(size_t row, size_t column) const override {
    const SQLLEN length = buffers_[column].indicators[first_ + row];
    if (length <= kLongValue) return long_values_[kLongValue - length];
    return {Cell(row, column), static_cast<size_t>(length)};
  }

 private:
  struct Buffer {
    const ResultColumn* column = nullptr;
    size_t width = 0;
    size_t longest = 0;  // Seen in the present array.
    size_t capacity = 0;
    std::unique_ptr<char[]> data;
    std::vector<SQLLEN> indicators;
  };

  const char* Cell(size_t row, size_t column) const {
    const Buffer& buffer = buffers_[column];
    return buffer.data.get() + (first_ + row) * buffer.width;
  }

  size_t RowBytes() const {
    size_t bytes = long_bytes_per_row_;
    for (const Buffer& buffer : buffers_)
      bytes += buffer.width + sizeof(SQLLEN);
    return std::max<size_t>(bytes, 1);
  }

  size_t FittingRows() const {
    return std::clamp<size_t>(options_.block_bytes / RowBytes(), 1, max_rows_);
  }

  // Fits the buffers to what the last array held. Grows at once and shrinks
  // only where much is wasted, since binding anew costs little but not nothing.
  void Adapt() {
    for (Buffer& buffer : buffers_) {
      if (buffer.column->fixed()) continue;
      const size_t wanted = std::min(
          kWidestBuffer, (buffer.longest + buffer.longest / 4 + 17) / 16 * 16);
      const bool grow = buffer.longest >= buffer.width;
      const bool promised = buffer.column->bound > 0;
      const bool shrink = !promised && wanted * 4 < buffer.width;
      if ((grow || shrink) && wanted != buffer.width) {
        buffer.width = wanted;
        bound_ = false;
      }
    }
    const size_t rows = FittingRows();
    if (rows < target_rows_ || rows > target_rows_ + target_rows_ / 4) {
      target_rows_ = rows;
      bound_ = false;
    }
  }

  absl::Status Bind() {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      Buffer& buffer = buffers_[i];
      const size_t bytes = buffer.width * target_rows_;
      if (bytes > buffer.capacity || bytes * 4 < buffer.capacity) {
        // Not value-initialized: the driver fills it.
        buffer.data.reset(new char[bytes]);
        buffer.capacity = bytes;
      }
      buffer.indicators.resize(target_rows_);
      if (!SQL_SUCCEEDED(SQLBindCol(
              statement_, static_cast<SQLUSMALLINT>(i + 1),
              buffer.column->c_type, buffer.data.get(),
              static_cast<SQLLEN>(buffer.width), buffer.indicators.data()))) {
        return link_->Failure(statement_, options_.cancel);
      }
    }
    states_.resize(target_rows_);
    if (!SQL_SUCCEEDED(SQLSetStmtAttr(statement_, SQL_ATTR_ROW_ARRAY_SIZE,
                                      OdbcInteger(target_rows_), 0)) ||
        !SQL_SUCCEEDED(SQLSetStmtAttr(statement_, SQL_ATTR_ROW_STATUS_PTR,
                                      states_.data(), 0)) ||
        !SQL_SUCCEEDED(SQLSetStmtAttr(statement_, SQL_ATTR_ROWS_FETCHED_PTR,
                                      &driver_rows_, 0))) {
      return link_->Failure(statement_, options_.cancel);
    }
    bound_ = true;
    return absl::OkStatus();
  }

  // Fetches the next array: `fetched_` rows, none at the end.
  absl::Status Fetch() {
    if (fetched_ > 0) Adapt();
    first_ = count_ = fetched_ = 0;
    long_total_ = 0;
    long_values_.clear();
    if (!bound_) ASSAY_RETURN_IF_ERROR(Bind());
    driver_rows_ = 0;
    const SQLRETURN result = SQLFetchScroll(statement_, SQL_FETCH_NEXT, 0);
    if (result == SQL_NO_DATA) {
      ended_ = true;
      return absl::OkStatus();
    }
    if (!SQL_SUCCEEDED(result)) {
      return link_->Failure(statement_, options_.cancel);
    }
    if (driver_rows_ > target_rows_) {
      return MakeError(ErrorReason::kInternal,
                       "the driver returned more rows than were asked for");
    }
    if (result == SQL_SUCCESS_WITH_INFO) {
      ASSAY_RETURN_IF_ERROR(CheckFetchInfo(*link_, statement_));
    }
    for (size_t row = 0; row < driver_rows_; ++row) {
      if (states_[row] == SQL_ROW_ERROR) {
        return link_->Failure(statement_, options_.cancel);
      }
    }
    fetched_ = driver_rows_;
    for (Buffer& buffer : buffers_) buffer.longest = 0;
    return absl::OkStatus();
  }

  // Makes a block of the rows from first_ on: all that are left of the array,
  // or fewer where their long values would exceed the budget.
  absl::Status Serve() {
    long_values_.clear();
    size_t long_bytes = 0;
    size_t row = first_;
    for (; row < fetched_; ++row) {
      if (row > first_ && long_bytes > options_.block_bytes) break;
      bool positioned = false;
      for (size_t i = 0; i < buffers_.size(); ++i) {
        Buffer& buffer = buffers_[i];
        if (buffer.column->fixed()) continue;
        const SQLLEN indicator = buffer.indicators[row];
        if (indicator == SQL_NULL_DATA) continue;
        if (IsWhole(*buffer.column, indicator, buffer.width)) {
          buffer.longest =
              std::max(buffer.longest, static_cast<size_t>(indicator));
          continue;
        }
        ASSAY_RETURN_IF_ERROR(ReadLong(i, row, &positioned));
        buffer.longest = std::max(buffer.longest, long_values_.back().size());
        long_bytes += long_values_.back().size();
      }
    }
    count_ = row - first_;
    long_total_ += long_bytes;
    long_bytes_per_row_ = long_total_ / row;
    return absl::OkStatus();
  }

  absl::Status ReadLong(size_t i, size_t row, bool* positioned) {
    Buffer& buffer = buffers_[i];
    if (link_->quirks().fetch != FetchMethod::kSetPosition) {
      return MakeError(
          ErrorReason::kInternal,
          absl::StrCat("column ", buffer.column->description.name,
                       " holds a value longer than the driver said"));
    }
    if (!*positioned &&
        !SQL_SUCCEEDED(
            SQLSetPos(statement_, row + 1, SQL_POSITION, SQL_LOCK_NO_CHANGE))) {
      return link_->Failure(statement_, options_.cancel);
    }
    *positioned = true;
    std::string value;
    ASSAY_RETURN_IF_ERROR(
        ReadWhole(*link_, statement_, static_cast<SQLUSMALLINT>(i + 1),
                  *buffer.column, buffer.indicators[row],
                  options_.max_value_bytes, options_.cancel, &value, nullptr));
    buffer.indicators[row] =
        kLongValue - static_cast<SQLLEN>(long_values_.size());
    long_values_.push_back(std::move(value));
    return absl::OkStatus();
  }

  Link* const link_;
  const SQLHSTMT statement_;
  const db::QueryOptions options_;
  const size_t max_rows_;
  std::vector<Buffer> buffers_;
  std::vector<SQLUSMALLINT> states_;
  SQLULEN driver_rows_ = 0;  // Written by the driver.
  size_t target_rows_ = 1;   // Of the array as bound.
  bool bound_ = false;
  bool ended_ = false;
  size_t fetched_ = 0;  // Rows in the array; the block is [first_, +count_).
  size_t first_ = 0;
  size_t count_ = 0;
  std::deque<std::string> long_values_;
  size_t long_total_ = 0;
  size_t long_bytes_per_row_ = 0;
};

}  // namespace

std::unique_ptr<Fetcher> NewArrayFetcher(
    Link* link, SQLHSTMT statement, const std::vector<ResultColumn>* columns,
    const db::QueryOptions& options) {
  return std::make_unique<ArrayFetcher>(link, statement, columns, options);
}

}  // namespace assay::odbc
