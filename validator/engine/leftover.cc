// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/leftover.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "validator/diff/encode.h"

namespace assay::engine {
namespace {

std::vector<LeftoverRow> Sorted(std::vector<LeftoverRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.row, a.payload) < std::tie(b.row, b.payload);
  });
  // Rows that were read one by one and rows that were counted are the same.
  size_t kept = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].row == rows[kept].row &&
        rows[i].payload == rows[kept].payload) {
      rows[kept].count += rows[i].count;
    } else if (++kept != i) {
      rows[kept] = std::move(rows[i]);
    }
  }
  if (!rows.empty()) rows.resize(kept + 1);
  return rows;
}

}  // namespace

int64_t RowsOf(const std::vector<LeftoverRow>& rows) {
  int64_t count = 0;
  for (const LeftoverRow& row : rows) count += row.count;
  return count;
}

void ForEachPair(
    const LeftoverRecord& record,
    absl::FunctionRef<void(const LeftoverRow&, const LeftoverRow&, int64_t)>
        visit) {
  size_t s = 0;
  size_t t = 0;
  int64_t source_used = 0;
  int64_t target_used = 0;
  while (s < record.source.size() && t < record.target.size()) {
    const LeftoverRow& source = record.source[s];
    const LeftoverRow& target = record.target[t];
    const int64_t pairs =
        std::min(source.count - source_used, target.count - target_used);
    visit(source, target, pairs);
    source_used += pairs;
    target_used += pairs;
    if (source_used == source.count) {
      ++s;
      source_used = 0;
    }
    if (target_used == target.count) {
      ++t;
      target_used = 0;
    }
  }
}

std::string_view KeyOf(const diff::LeftoverKey& leftover) {
  const auto& any = leftover.source.empty() ? leftover.target : leftover.source;
  return diff::PayloadKey(any.front().payload);
}

std::string_view KeyOf(const LeftoverRecord& record) {
  const auto& any = record.source.empty() ? record.target : record.source;
  return diff::PayloadKey(any.front().payload);
}

namespace {

// What a string may keep for the next one: a few long ones must not make all
// strings of a list long.
constexpr size_t kKeptBytes = 4096;

void Assign(std::string_view from, std::string& to) {
  if (to.capacity() > kKeptBytes) {
    to = std::string(from);
  } else {
    to.assign(from);
  }
}

}  // namespace

void CopyTo(const diff::LeftoverKey& leftover, LeftoverRecord& record) {
  const auto copy = [](absl::Span<const diff::Leftover> from,
                       std::vector<LeftoverRow>& to) {
    to.resize(from.size());
    for (size_t i = 0; i < from.size(); ++i) {
      to[i].row = from[i].row;
      Assign(from[i].payload, to[i].payload);
      to[i].count = from[i].count;
    }
  };
  copy(leftover.source, record.source);
  copy(leftover.target, record.target);
  Assign(KeyOf(leftover), record.key);
}

std::vector<size_t> DifferingColumns(const PairPlan& plan,
                                     std::string_view source,
                                     std::string_view target) {
  std::vector<size_t> out;
  const size_t first = plan.key_columns;
  for (size_t i = 0; i < plan.layout.exact_columns; ++i) {
    if (diff::PayloadColumn(source, i) != diff::PayloadColumn(target, i)) {
      out.push_back(first + i);
    }
  }
  for (size_t i = 0; i < plan.layout.tolerance_columns; ++i) {
    const size_t column = first + plan.layout.exact_columns + i;
    if (!diff::WithinTolerance(
            plan.columns[column].policy,
            diff::PayloadTolerance(source, plan.layout, i),
            diff::PayloadTolerance(target, plan.layout, i))) {
      out.push_back(column);
    }
  }
  return out;
}

bool RowsEqual(const PairPlan& plan, const diff::Digest& source_row,
               std::string_view source, const diff::Digest& target_row,
               std::string_view target) {
  if (source_row != target_row) return false;
  for (size_t i = 0; i < plan.layout.tolerance_columns; ++i) {
    const size_t column = plan.key_columns + plan.layout.exact_columns + i;
    if (!diff::WithinTolerance(
            plan.columns[column].policy,
            diff::PayloadTolerance(source, plan.layout, i),
            diff::PayloadTolerance(target, plan.layout, i))) {
      return false;
    }
  }
  return true;
}

namespace {

// Both sides in order, so that equal rows stand beside each other.
void CancelSorted(LeftoverRecord& record) {
  record.source = Sorted(std::move(record.source));
  record.target = Sorted(std::move(record.target));
  std::vector<LeftoverRow> source;
  std::vector<LeftoverRow> target;
  size_t s = 0;
  size_t t = 0;
  while (s < record.source.size() && t < record.target.size()) {
    LeftoverRow& left = record.source[s];
    LeftoverRow& right = record.target[t];
    const auto a = std::tie(left.row, left.payload);
    const auto b = std::tie(right.row, right.payload);
    if (a == b) {
      const int64_t pairs = std::min(left.count, right.count);
      left.count -= pairs;
      right.count -= pairs;
      if (left.count == 0) ++s;
      if (right.count == 0) ++t;
    } else if (a < b) {
      source.push_back(std::move(record.source[s++]));
    } else {
      target.push_back(std::move(record.target[t++]));
    }
  }
  for (; s < record.source.size(); ++s) {
    source.push_back(std::move(record.source[s]));
  }
  for (; t < record.target.size(); ++t) {
    target.push_back(std::move(record.target[t]));
  }
  record.source = std::move(source);
  record.target = std::move(target);
}

}  // namespace

void CancelEqual(const PairPlan& plan, LeftoverRecord& record) {
  if (plan.layout.tolerance_columns == 0) {
    CancelSorted(record);
    return;
  }
  // With a tolerance each key has one row a side.
  for (size_t s = 0; s < record.source.size();) {
    const auto partner = std::find_if(
        record.target.begin(), record.target.end(), [&](const auto& target) {
          return RowsEqual(plan, record.source[s].row, record.source[s].payload,
                           target.row, target.payload);
        });
    if (partner == record.target.end()) {
      ++s;
      continue;
    }
    record.target.erase(partner);
    record.source.erase(record.source.begin() + static_cast<std::ptrdiff_t>(s));
  }
}

bool SameRows(const LeftoverRecord& a, const LeftoverRecord& b) {
  return Sorted(a.source) == Sorted(b.source) &&
         Sorted(a.target) == Sorted(b.target);
}

}  // namespace assay::engine
