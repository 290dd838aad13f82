// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/value_scan.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "validator/base/status.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

// Rows copied out of the driver's buffers, so that it can fetch the next block
// while these are tested on another thread.
struct Batch {
  struct ColumnTexts {
    std::string data;
    std::vector<uint32_t> ends;  // End of row r's text in `data`.
    std::vector<uint8_t> nulls;
  };
  size_t rows = 0;
  std::vector<ColumnTexts> columns;
};

std::unique_ptr<Batch> CopyBlock(const db::RowBlock& block, size_t columns) {
  auto batch = std::make_unique<Batch>();
  batch->rows = block.rows();
  batch->columns.resize(columns);
  for (size_t c = 0; c < columns; ++c) {
    Batch::ColumnTexts& texts = batch->columns[c];
    texts.ends.reserve(batch->rows);
    texts.nulls.reserve(batch->rows);
    for (size_t r = 0; r < batch->rows; ++r) {
      const bool null = block.IsNull(r, c);
      texts.nulls.push_back(null ? 1 : 0);
      if (!null) texts.data.append(block.Text(r, c));
      texts.ends.push_back(static_cast<uint32_t>(texts.data.size()));
    }
  }
  return batch;
}

// A queue of few batches between the reader and the tester.
class BatchQueue {
 public:
  // Blocks while the queue is full. Null ends the stream.
  void Push(std::unique_ptr<Batch> batch) {
    absl::MutexLock lock(&mu_);
    auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return queue_.size() < kCapacity;
    };
    mu_.Await(absl::Condition(&room));
    queue_.push_back(std::move(batch));
  }

  std::unique_ptr<Batch> Pop() {
    absl::MutexLock lock(&mu_);
    auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return !queue_.empty();
    };
    mu_.Await(absl::Condition(&ready));
    std::unique_ptr<Batch> batch = std::move(queue_.front());
    queue_.pop_front();
    return batch;
  }

 private:
  static constexpr size_t kCapacity = 3;
  absl::Mutex mu_;
  std::deque<std::unique_ptr<Batch>> queue_ ABSL_GUARDED_BY(mu_);
};

void Keep(ScanTest& test, std::string_view value) {
  if (test.failing_values.size() >= test.keep) return;
  if (std::find(test.failing_values.begin(), test.failing_values.end(),
                value) == test.failing_values.end()) {
    test.failing_values.emplace_back(value);
  }
}

void TestColumn(const Batch::ColumnTexts& texts, size_t rows, ScanTest& test) {
  uint32_t begin = 0;
  for (size_t r = 0; r < rows; ++r) {
    const uint32_t end = texts.ends[r];
    if (texts.nulls[r] != 0) {
      ++test.null;
    } else {
      const std::string_view value(texts.data.data() + begin, end - begin);
      if (!test.passes(value)) {
        ++test.failing;
        Keep(test, value);
      }
    }
    begin = end;
  }
  test.rows += static_cast<int64_t>(rows);
}

}  // namespace

absl::Status ScanValues(const ScanRequest& request,
                        std::vector<ScanTest>& tests) {
  // Two tests of one column share its place in the SELECT.
  std::vector<Column> columns;
  std::vector<size_t> place;
  for (const ScanTest& test : tests) {
    size_t at = 0;
    while (at < columns.size() && columns[at].name != test.column.name) ++at;
    if (at == columns.size()) columns.push_back(test.column);
    place.push_back(at);
  }
  StreamRequest stream;
  stream.session = request.session;
  stream.table = request.table;
  stream.scope = MakeScope(*request.session, *request.table);
  ASSAY_ASSIGN_OR_RETURN(stream.expressions,
                         sql::TextExpressions(stream.scope, columns));
  stream.where = request.where;
  stream.marker = request.marker;
  stream.cancel = request.cancel;

  BatchQueue queue;
  std::thread tester([&] {
    while (const std::unique_ptr<Batch> batch = queue.Pop()) {
      for (size_t i = 0; i < tests.size(); ++i) {
        TestColumn(batch->columns[place[i]], batch->rows, tests[i]);
      }
    }
  });
  absl::Status status = StreamTable(stream, [&](const StreamBlock& block) {
    queue.Push(CopyBlock(*block.rows, columns.size()));
    request.on_rows(static_cast<int64_t>(block.rows->rows()));
    return absl::OkStatus();
  });
  queue.Push(nullptr);
  tester.join();
  return status;
}

}  // namespace assay::engine
