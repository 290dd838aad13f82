// SPDX-License-Identifier: Apache-2.0
// What is left of a diff becomes counts, the list of differing keys, samples
// field by field, and causes.
#ifndef ASSAY_VALIDATOR_ENGINE_DIFF_CONCLUSION_H_
#define ASSAY_VALIDATOR_ENGINE_DIFF_CONCLUSION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rules/verdict/result.h"
#include "validator/diff/cause.h"
#include "validator/diff/difference_log.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/leftover.h"

namespace assay::engine {

// So many changed rows are read again to say why they differ.
inline constexpr int64_t kExplainedRows = 1000;
// And beyond, so many of each set of columns that differ together.
inline constexpr int64_t kExplainedOfEach = 10;

// Confined to one thread. Borrows the context and the counts.
class DiffConclusion {
 public:
  DiffConclusion(const DiffContext& context, DiffCounts& counts);
  ~DiffConclusion();

  // Counts differences that are final. Reads rows where their cause decides
  // whether they are accepted.
  absl::Status Take(absl::Span<const LeftoverRecord> records);

  // Whether Take reads rows, for which it needs both sessions.
  bool reads() const { return causes_decide_; }

  // After the last Take: completes the list and explains.
  absl::Status Finish();

  std::vector<Sample> samples();
  // Canonical bytes of some differing keys, for SQL that shows their rows.
  std::vector<std::string> shown_keys() const;
  // Differences in the list; 0: there is none.
  int64_t listed() const;
  // Of all rows taken, whatever their order: two diffs of one run that have the
  // same found the same differences.
  diff::Digest fingerprint() const;
  // Why samples, or the list, are not there.
  const std::string& samples_note() const { return samples_note_; }

 private:
  struct Acceptance;

  void AddToFingerprint(diff::Side side, const std::vector<LeftoverRow>& rows);
  bool MayShow(const PairedColumn& column, bool key) const;
  std::string KeyText(const std::string& key) const;
  // The entry that accepts a difference of this kind; null where none does.
  Acceptance* AcceptedAs(const std::string& kind, const std::string& key,
                         const std::string& column,
                         const std::vector<std::string>& causes);
  void NoteAccepted();
  absl::Status TakeOne(const LeftoverRecord& record, const KeyedRows& source,
                       const KeyedRows& target);
  absl::Status List(const std::string& kind, const LeftoverRecord& record,
                    const std::vector<size_t>& columns);
  // What cannot be shown does not change what was counted: OK, and said in the
  // samples' note, but for what may pass.
  absl::Status WithoutVerdict(const absl::Status& status);
  absl::Status ReadBoth(const std::vector<std::string>& changed,
                        KeyedRows& source, KeyedRows& target);
  void ExplainKey(const std::string& key, const std::vector<KeyedRow>& source,
                  const std::vector<KeyedRow>& target);
  void Explain(const std::string& key, const KeyedRow& source,
               const KeyedRow& target);
  absl::Status AddWholeRows(const std::vector<LeftoverRecord>& records,
                            diff::Side side, std::vector<Sample>& out);
  Sample WholeRow(diff::Side side, const std::vector<std::string>& cells) const;
  std::vector<std::string> CausesOf(size_t column, const KeyedRow& source,
                                    const KeyedRow& target) const;

  const DiffContext& context_;
  const PairPlan& plan_;
  DiffCounts& counts_;
  std::vector<Acceptance> accept_;
  bool accepts_ = false;        // Some acceptance counts.
  bool causes_decide_ = false;  // Some acceptance names a cause.
  std::unique_ptr<diff::DifferenceWriter> writer_;
  bool lists_ = false;           // Whether keys may and can be listed.
  diff::Difference difference_;  // The line being written.
  std::map<size_t, int64_t> changed_by_column_;
  diff::CauseClusters clusters_;
  std::vector<std::string> to_explain_;
  std::vector<LeftoverRecord> missing_, extra_;  // For samples.
  // By the columns that differ.
  std::map<std::vector<size_t>, std::vector<Sample>> changed_samples_;
  std::map<std::vector<size_t>, int64_t> explained_by_set_;
  std::vector<Sample> missing_samples_, extra_samples_;
  std::string samples_note_;
  int64_t listed_ = 0;
  unsigned __int128 fingerprint_ = 0;
  std::string hashed_;  // AddToFingerprint's.
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DIFF_CONCLUSION_H_
