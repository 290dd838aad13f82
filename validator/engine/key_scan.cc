// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/key_scan.h"

#include <vector>

#include "validator/base/status.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/table_stream.h"

namespace assay::engine {

absl::Status ScanKeys(
    const DiffContext& context, diff::Side which, const SideColumns& columns,
    const ExprPtr& where,
    const std::function<absl::Status(const diff::DigestBatch&)>& take) {
  const ComparedSide& side = context.side(which);
  const diff::RowEncoder encoder(columns.encodings, columns.encodings.size(),
                                 context.seed);
  StreamRequest stream;
  stream.session = side.session;
  stream.table = &side.table;
  stream.scope = side.scope();
  stream.where = where;
  stream.expressions = columns.expressions;
  stream.marker = context.marker;
  stream.cancel = context.cancel;
  std::vector<db::CellKind> kinds;
  diff::DigestBatch batch;
  return StreamTable(stream, [&](const StreamBlock& block) -> absl::Status {
    kinds.clear();
    for (size_t i = 0; i < columns.encodings.size(); ++i) {
      kinds.push_back((*block.columns)[i].kind);
    }
    batch.Clear();
    if (absl::Status status = encoder.Encode(*block.rows, kinds, batch);
        !status.ok()) {
      return Annotate(NameColumn(*context.plan, status), SideName(which));
    }
    context.meter->RowsRead(static_cast<int64_t>(batch.size()));
    return take(batch);
  });
}

}  // namespace assay::engine
