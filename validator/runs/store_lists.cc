// SPDX-License-Identifier: Apache-2.0
// Lists of differences in the store, so that every server that shares it can
// show them.
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/runs/result_json.h"
#include "validator/runs/store.h"

namespace assay::runs {

absl::Status Store::AddToList(const std::string& run_id, int rule_index,
                              int64_t epoch, int64_t offset,
                              const std::string& piece) {
  return pool_.With([&](StoreSession& session) {
    return session.Do(
        "INSERT INTO differences (run_id, rule_index, epoch, begins, piece) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (run_id, rule_index, epoch, "
        "begins) DO UPDATE SET piece = excluded.piece",
        {Value(run_id), Value(int64_t{rule_index}), Value(epoch), Value(offset),
         Value(TextToJson(piece))});
  });
}

absl::StatusOr<std::optional<std::pair<int, int64_t>>> Store::FindList(
    const std::string& run_id, const std::string& rule_id) {
  using Place = std::optional<std::pair<int, int64_t>>;
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows, pool_.With([&](StoreSession& session) {
        return session.Query(
            "SELECT rule_index, list_epoch FROM results "
            "WHERE run_id = ? AND rule_key = ? AND list_epoch >= 0",
            {Value(run_id), Value(StoreKey(rule_id))});
      }));
  if (rows.empty()) return Place();
  return Place({static_cast<int>(CellInt(rows[0][0])), CellInt(rows[0][1])});
}

absl::StatusOr<std::optional<Store::Piece>> Store::ReadList(
    const std::string& run_id, int rule_index, int64_t epoch, int64_t offset) {
  using Found = std::optional<Piece>;
  ASSAY_ASSIGN_OR_RETURN(
      const StoreRows rows, pool_.With([&](StoreSession& session) {
        return session.Query(
            "SELECT begins, piece FROM differences WHERE run_id = ? AND "
            "rule_index = ? AND epoch = ? AND begins <= ? "
            "ORDER BY begins DESC LIMIT 1",
            {Value(run_id), Value(int64_t{rule_index}), Value(epoch),
             Value(offset)});
      }));
  if (rows.empty()) return Found();
  Piece piece;
  piece.offset = CellInt(rows[0][0]);
  ASSAY_ASSIGN_OR_RETURN(piece.text, TextFromJson(CellText(rows[0][1])));
  const int64_t end = piece.offset + static_cast<int64_t>(piece.text.size());
  if (offset >= end) return Found();
  return Found(std::move(piece));
}

}  // namespace assay::runs
