// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/value_scan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "validator/base/pipe.h"
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

// What a column's texts may keep for the next block: most are smaller.
constexpr size_t kKeptBytes = 16 << 20;

void CopyBlock(const db::RowBlock& block, size_t columns, Batch& batch) {
  batch.rows = block.rows();
  batch.columns.resize(columns);
  for (size_t c = 0; c < columns; ++c) {
    Batch::ColumnTexts& texts = batch.columns[c];
    if (texts.data.capacity() > kKeptBytes) texts.data = {};
    texts.data.clear();
    texts.ends.clear();
    texts.nulls.clear();
    for (size_t r = 0; r < batch.rows; ++r) {
      const bool null = block.IsNull(r, c);
      texts.nulls.push_back(null ? 1 : 0);
      if (!null) texts.data.append(block.Text(r, c));
      texts.ends.push_back(static_cast<uint32_t>(texts.data.size()));
    }
  }
}

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

  Pipe<Batch> tester([&](const Batch& batch) {
    for (size_t i = 0; i < tests.size(); ++i) {
      TestColumn(batch.columns[place[i]], batch.rows, tests[i]);
    }
    return absl::OkStatus();
  });
  absl::Status status = StreamTable(stream, [&](const StreamBlock& block) {
    CopyBlock(*block.rows, columns.size(), tester.item());
    request.on_rows(static_cast<int64_t>(block.rows->rows()));
    return tester.Push();
  });
  ASSAY_RETURN_IF_ERROR(tester.Finish());
  return status;
}

}  // namespace assay::engine
