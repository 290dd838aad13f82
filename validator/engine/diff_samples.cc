// SPDX-License-Identifier: Apache-2.0
// What a diff shows of its differences: rows field by field, causes, keys.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/engine/diff_conclusion.h"
#include "validator/engine/sample_policy.h"

namespace assay::engine {

std::vector<std::string> DiffConclusion::CausesOf(
    size_t column, const KeyedRow& source, const KeyedRow& target) const {
  std::string_view a = source.cells[column];
  std::string_view b = target.cells[column];
  const auto left = diff::DecodeValue(a);
  const auto right = diff::DecodeValue(b);
  if (!left.has_value() || !right.has_value()) return {};
  const diff::CompareType type = plan_.columns[column].compared.type;
  std::vector<std::string> out = {diff::CauseOf(type, *left, *right)};
  // Also what results call it once there are many: "became ' '".
  diff::CauseClusters alone;
  for (int i = 0; i < 3; ++i) alone.Add("c", type, *left, *right);
  for (const ColumnChange& change :
       alone.Clusters([](const std::string&) { return true; })) {
    out.push_back(change.cause);
  }
  return out;
}

void DiffConclusion::ExplainKey(const std::string& key,
                                const std::vector<KeyedRow>& source,
                                const std::vector<KeyedRow>& target) {
  // Of rows that share a key the equal ones have met each other. Who met whom
  // of the others is only known where one is left on each side.
  std::vector<const KeyedRow*> left;
  std::vector<const KeyedRow*> right;
  right.reserve(target.size());
  for (const KeyedRow& row : target) right.push_back(&row);
  for (const KeyedRow& row : source) {
    const auto equal =
        std::find_if(right.begin(), right.end(), [&](const KeyedRow* other) {
          return RowsEqual(plan_, row.row, row.payload, other->row,
                           other->payload);
        });
    if (equal == right.end()) {
      left.push_back(&row);
    } else {
      right.erase(equal);
    }
  }
  if (left.size() == 1 && right.size() == 1) {
    Explain(key, *left.front(), *right.front());
    return;
  }
  const auto show = [&](const std::vector<const KeyedRow*>& rows,
                        diff::Side side) {
    if (rows.empty()) return;
    Sample sample = WholeRow(side, rows.front()->cells);
    sample.note = absl::StrCat("one of ", rows.size(), " rows of this key on ",
                               SideName(side), " without an equal");
    changed_samples_[{}].push_back(std::move(sample));
  };
  if (static_cast<int64_t>(changed_samples_[{}].size()) >= context_.samples) {
    return;
  }
  show(left, diff::Side::kSource);
  show(right, diff::Side::kTarget);
}

void DiffConclusion::Explain(const std::string& key, const KeyedRow& source,
                             const KeyedRow& target) {
  std::vector<size_t> differing =
      DifferingColumns(plan_, source.payload, target.payload);
  // What is accepted is not shown as if it were not.
  std::erase_if(differing, [&](size_t column) {
    return accepts_ && AcceptedAs("changed", key, plan_.columns[column].name,
                                  CausesOf(column, source, target)) != nullptr;
  });
  if (differing.empty()) return;  // Moved on in the meantime.
  ++counts_.explained;
  Sample sample;
  sample.note = "changed";
  const auto& source_config = context_.source->session->config();
  const auto& target_config = context_.target->session->config();
  for (size_t c = 0; c < plan_.columns.size(); ++c) {
    const bool is_key = c < plan_.key_columns;
    const bool differs =
        std::find(differing.begin(), differing.end(), c) != differing.end();
    if (!is_key && !differs) continue;
    std::string_view a = source.cells[c];
    std::string_view b = target.cells[c];
    const auto left = diff::DecodeValue(a);
    const auto right = diff::DecodeValue(b);
    if (!left.has_value() || !right.has_value()) continue;
    const PairedColumn& column = plan_.columns[c];
    // Masked where either side's policy masks it.
    const bool hidden = !MayShow(column, is_key);
    SampleCell cell = MakeCell(source_config, column.source, *left, is_key);
    if (hidden)
      cell = SampleCell{column.name, "***", false, false, true, is_key};
    cell.column = column.name;
    if (differs) {
      cell.differs = true;
      if (!hidden) {
        const SampleCell other =
            MakeCell(target_config, column.target, *right, is_key);
        cell.target = SampleText{other.text, other.is_null, other.truncated};
        // A cause tells NULLs and lengths.
        cell.cause = diff::CauseOf(column.compared.type, *left, *right);
        clusters_.Add(column.name, column.compared.type, *left, *right);
      }
    }
    sample.cells.push_back(std::move(cell));
  }
  std::vector<Sample>& alike = changed_samples_[differing];
  if (static_cast<int64_t>(alike.size()) < context_.samples) {
    alike.push_back(std::move(sample));
  }
}

Sample DiffConclusion::WholeRow(diff::Side side,
                                const std::vector<std::string>& cells) const {
  Sample sample;
  sample.note = side == diff::Side::kSource ? "missing on the target"
                                            : "extra on the target";
  for (size_t c = 0; c < plan_.columns.size() && c < cells.size(); ++c) {
    const PairedColumn& column = plan_.columns[c];
    const bool is_key = c < plan_.key_columns;
    std::string_view bytes = cells[c];
    const auto value = diff::DecodeValue(bytes);
    if (!value.has_value()) continue;
    SampleCell cell;
    if (MayShow(column, is_key)) {
      cell = MakeCell(context_.side(side).session->config(), column.on(side),
                      *value, is_key);
    } else {
      cell.text = "***";
      cell.masked = true;
      cell.key = is_key;
    }
    cell.column = column.name;
    sample.cells.push_back(std::move(cell));
  }
  return sample;
}

absl::Status DiffConclusion::AddWholeRows(
    const std::vector<LeftoverRecord>& records, diff::Side side,
    std::vector<Sample>& out) {
  KeyedRows rows;
  if (plan_.key_columns > 0 && plan_.key_lookup) {
    KeySet keys;
    for (const LeftoverRecord& record : records) {
      keys[record.key] = SeenOn(side);
    }
    ASSAY_ASSIGN_OR_RETURN(rows, ReadKeys(context_, side, keys, true));
  }
  for (const LeftoverRecord& record : records) {
    if (const auto found = rows.find(record.key); found != rows.end()) {
      out.push_back(WholeRow(side, found->second.front().cells));
      continue;
    }
    // What the key itself holds: of a keyless table, the whole row.
    std::vector<std::string> cells;
    std::string_view bytes = record.key;
    while (!bytes.empty()) {
      const std::string_view before = bytes;
      if (!diff::DecodeValue(bytes).has_value()) break;
      cells.emplace_back(before.substr(0, before.size() - bytes.size()));
    }
    out.push_back(WholeRow(side, cells));
  }
  return absl::OkStatus();
}

std::vector<Sample> DiffConclusion::samples() {
  // Something of each kind and of each set of columns, so that a flood of one
  // change does not hide the others.
  std::vector<const std::vector<Sample>*> lists = {&missing_samples_,
                                                   &extra_samples_};
  for (const auto& [columns, samples] : changed_samples_) {
    lists.push_back(&samples);
  }
  std::vector<Sample> out;
  const auto limit = static_cast<size_t>(context_.samples);
  for (size_t i = 0; out.size() < limit; ++i) {
    bool any = false;
    for (const auto* list : lists) {
      if (i >= list->size() || out.size() >= limit) continue;
      out.push_back((*list)[i]);
      any = true;
    }
    if (!any) break;
  }
  return out;
}

std::vector<std::string> DiffConclusion::shown_keys() const {
  constexpr size_t kMost = 10;
  std::vector<std::string> out;
  if (plan_.key_columns == 0 || !plan_.key_lookup) return out;
  const auto add = [&](const std::string& key) {
    if (out.size() < kMost) out.push_back(key);
  };
  for (const std::string& key : to_explain_) add(key);
  for (const LeftoverRecord& record : missing_) add(record.key);
  for (const LeftoverRecord& record : extra_) add(record.key);
  return out;
}

}  // namespace assay::engine
