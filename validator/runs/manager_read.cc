// SPDX-License-Identifier: Apache-2.0
// Looking runs up: in memory while they are young, else in the store.
#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

constexpr size_t kMinPrefix = 4;
constexpr int kShownCandidates = 5;
constexpr int kMaxCandidates = 200;  // Looked at one by one.
constexpr int kMaxPage = 1000;

absl::Status NotFound(const std::string& run_id) {
  return MakeError(
      ErrorReason::kRunNotFound,
      absl::StrCat("no run '", run_id,
                   "' on this server; it may have been removed by retention "
                   "(runs.keep), or belong to another server"));
}

// Why there is no list of differences of `rule_id`.
absl::Status NoDifferences(const Run& run, const std::string& rule_id) {
  std::vector<std::string> ids;
  for (const std::shared_ptr<const Result>& result : run.results) {
    if (result == nullptr) continue;
    ids.push_back(result->rule_id);
    if (result->rule_id != rule_id) continue;
    std::string why = "nothing differed, or the rule compares no rows";
    if (result->differences > 0) {
      why = "they were removed from the server's state directory";
    } else if (result->diff.has_value() && result->verdict != Verdict::kPass) {
      why = "the policy of a connection keeps them, or none was confirmed";
    }
    return MakeError(ErrorReason::kDifferencesNotFound,
                     absl::StrCat("run ", run.run_id,
                                  " has no list of differing keys of rule '",
                                  rule_id, "': ", why));
  }
  const std::string nearest = NearestName(rule_id, ids);
  return MakeError(
      ErrorReason::kDifferencesNotFound,
      absl::StrCat(
          "run ", run.run_id, " has no result of a rule '", rule_id, "'",
          nearest.empty() ? std::string(IsTerminal(run.state) ? "" : " yet")
                          : absl::StrCat("; did you mean '", nearest, "'?")));
}

bool Matches(const Run& run, const ListFilter& filter) {
  if (filter.active_only && IsTerminal(run.state)) return false;
  return filter.verdict == Verdict::kUnspecified ||
         filter.verdict == run.outcome.verdict;
}

// Holds the lease open while it lives.
class LeaseSubscription : public Subscription {
 public:
  LeaseSubscription(std::shared_ptr<LiveRun> run, const Clock* clock,
                    std::function<void()> wake)
      : run_(std::move(run)),
        clock_(clock),
        registration_(run_->wakers(), std::move(wake)) {
    run_->AddSubscriber();
  }
  ~LeaseSubscription() override { run_->RemoveSubscriber(clock_->Uptime()); }

 private:
  const std::shared_ptr<LiveRun> run_;
  const Clock* const clock_;
  WakerSet::Registration registration_;
};

// Of a run that another server executes, or may take over.
class WatchSubscription : public Subscription {
 public:
  WatchSubscription(std::unique_ptr<Subscription> lease,
                    std::unique_ptr<RunWatches::Hold> hold)
      : lease_(std::move(lease)), hold_(std::move(hold)) {}
  WatchSubscription(std::shared_ptr<WakerSet> wakers,
                    std::function<void()> wake,
                    std::unique_ptr<RunWatches::Hold> hold)
      : registration_(std::in_place, std::move(wakers), std::move(wake)),
        hold_(std::move(hold)) {}

 private:
  const std::unique_ptr<Subscription> lease_;
  std::optional<WakerSet::Registration> registration_;
  const std::unique_ptr<RunWatches::Hold> hold_;
};

// Of a run that nobody executes: one wake-up, to read what it is, and one for
// each change, should it be held.
class QuietSubscription : public Subscription {
 public:
  QuietSubscription(const std::shared_ptr<WakerSet>& wakers,
                    std::function<void()> wake, Notifier* notifier)
      : registration_(wakers, std::move(wake)) {
    notifier->Notify(wakers);
  }

 private:
  WakerSet::Registration registration_;
};

}  // namespace

RunManagerImpl::RunPtr RunManagerImpl::FindInMemory(
    const std::string& run_id) const {
  // What may be another's is asked of the store.
  const bool sure =
      membership_ == nullptr || membership_->standing() == Standing::kMember;
  absl::MutexLock lock(&mu_);
  for (const auto* runs : {&live_, &finished_, &unsaved_}) {
    if (runs == &live_ && !sure) continue;
    if (auto it = runs->find(run_id); it != runs->end()) return it->second;
  }
  return nullptr;
}

absl::StatusOr<std::string> RunManagerImpl::Resolve(const std::string& run_id,
                                                    const SeesRun& sees) {
  const std::string id = absl::AsciiStrToLower(run_id);
  if (id.size() < kMinPrefix) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     absl::StrCat("run_id '", run_id,
                                  "' is too short; give at "
                                  "least ",
                                  kMinPrefix, " characters"));
  }
  const bool plausible =
      id.size() <= kRunIdLength &&
      std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c));
      });
  if (!plausible) return NotFound(run_id);
  if (id.size() == kRunIdLength) return id;
  ASSAY_ASSIGN_OR_RETURN(
      std::vector<std::string> ids,
      store_->FindIds(id, sees ? kMaxCandidates : kShownCandidates + 1));
  if (sees) {
    if (ids.size() == static_cast<size_t>(kMaxCandidates)) {
      return MakeError(ErrorReason::kArgumentInvalid,
                       absl::StrCat("run_id '", run_id,
                                    "' is too short to be looked for; give "
                                    "more of it"));
    }
    absl::Status failed;
    std::erase_if(ids, [&](const std::string& candidate) {
      const absl::StatusOr<Run> run = Get(candidate, false);
      // Retention may have removed it meanwhile.
      if (!run.ok() && GetReason(run.status()) != ErrorReason::kRunNotFound) {
        failed = run.status();
      }
      return !run.ok() || !sees(*run);
    });
    ASSAY_RETURN_IF_ERROR(failed);
  }
  if (ids.empty()) return NotFound(run_id);
  if (ids.size() > 1) {
    const size_t shown = std::min<size_t>(ids.size(), kShownCandidates);
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat(
            "run_id '", run_id, "' is the beginning of several runs: ",
            absl::StrJoin(ids.begin(), ids.begin() + static_cast<long>(shown),
                          ", "),
            ids.size() > shown ? ", …" : "", "; give more of it"));
  }
  return ids[0];
}

absl::StatusOr<Run> RunManagerImpl::LoadStored(const std::string& run_id,
                                               bool with_results) {
  ASSAY_ASSIGN_OR_RETURN(std::optional<StoredRun> stored,
                         store_->LoadRun(run_id));
  if (!stored.has_value()) return NotFound(run_id);
  Run run = std::move(stored->run);
  if (with_results) {
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<StoredResult> results,
        store_->LoadResults(run_id, -1, std::numeric_limits<int64_t>::max()));
    for (const StoredResult& result : results) {
      const size_t index = static_cast<size_t>(result.index);
      if (run.results.size() <= index) run.results.resize(index + 1);
      run.results[index] = result.result;
    }
  }
  return run;
}

absl::StatusOr<Run> RunManagerImpl::Get(const std::string& run_id,
                                        bool with_results) {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  if (const RunPtr run = FindInMemory(id)) return run->Snapshot(with_results);
  return LoadStored(id, with_results);
}

absl::StatusOr<Run> RunManagerImpl::Find(const std::string& run_id,
                                         const SeesRun& sees,
                                         bool with_results) {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id, sees));
  absl::StatusOr<Run> run = Get(id, with_results);
  // In the words of Resolve, so that nobody tells the two apart.
  if (GetReason(run.status()) == ErrorReason::kRunNotFound ||
      (run.ok() && sees && !sees(*run))) {
    return NotFound(run_id);
  }
  return run;
}

absl::StatusOr<LinePage> RunManagerImpl::ListDifferences(
    const std::string& run_id, const std::string& rule_id, int64_t offset,
    int limit, size_t max_bytes) {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  if (store_->shared()) {
    ASSAY_ASSIGN_OR_RETURN(const auto place, store_->FindList(id, rule_id));
    if (place.has_value()) {
      return ReadStoredLines(id, place->first, place->second, offset, limit,
                             max_bytes);
    }
  } else if (!state_->path().empty()) {
    absl::StatusOr<LinePage> page = ReadLines(
        DifferencesPath(state_->path(), id, rule_id), offset, limit, max_bytes);
    if (GetReason(page.status()) != ErrorReason::kDifferencesNotFound) {
      return page;
    }
  }
  ASSAY_ASSIGN_OR_RETURN(const Run run, Get(id, true));
  return NoDifferences(run, rule_id);
}

absl::StatusOr<ListPage> RunManagerImpl::List(
    const ListFilter& filter, const std::optional<ListCursor>& after,
    int page_size) {
  if (page_size < 1 || page_size > kMaxPage) {
    return MakeError(
        ErrorReason::kArgumentInvalid,
        absl::StrCat("page_size must be between 1 and ", kMaxPage));
  }
  // One more than asked for tells whether there is a next page.
  ASSAY_ASSIGN_OR_RETURN(std::vector<Run> runs,
                         store_->List(filter, after, page_size + 1));
  ListPage page;
  const bool more = runs.size() > static_cast<size_t>(page_size);
  if (more) {
    runs.pop_back();
    page.next = ListCursor{runs.back().as_of_time, runs.back().run_id};
  }
  for (Run& run : runs) {
    if (const RunPtr live = FindInMemory(run.run_id)) {
      run = live->Snapshot(false);
      run.request.rule_set_text.clear();
      if (!Matches(run, filter)) continue;
    }
    page.runs.push_back(std::move(run));
  }
  return page;
}

absl::StatusOr<std::unique_ptr<Subscription>> RunManagerImpl::Subscribe(
    const std::string& run_id, std::function<void()> wake) {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  const RunPtr run = FindInMemory(id);
  if (run == nullptr) {
    ASSAY_ASSIGN_OR_RETURN(const Run stored, LoadStored(id, false));
    if (watches_ == nullptr || IsTerminal(stored.state)) {
      return std::make_unique<QuietSubscription>(wakers_.Of(id),
                                                 std::move(wake), &notifier_);
    }
    return std::make_unique<WatchSubscription>(wakers_.Of(id), std::move(wake),
                                               watches_->Watch(stored));
  }
  std::unique_ptr<Subscription> subscription =
      std::make_unique<LeaseSubscription>(run, seams_.clock, std::move(wake));
  if (run->WantResume()) {
    absl::MutexLock lock(&run->transition_mu());
    Resume(run);
  }
  // What happened before the registration is told once more.
  notifier_.Notify(run->wakers());
  if (watches_ == nullptr) return subscription;
  // Should the run become another server's, it is watched there.
  return std::make_unique<WatchSubscription>(
      std::move(subscription), watches_->Watch(run->Snapshot(false)));
}

absl::StatusOr<std::vector<Event>> RunManagerImpl::ReadEvents(
    const std::string& run_id, int64_t after_sequence, int limit) {
  if (limit < 1) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     "at least one event must be asked for");
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  if (const RunPtr run = FindInMemory(id)) {
    return run->ReadEvents(after_sequence, limit);
  }
  ASSAY_ASSIGN_OR_RETURN(const std::optional<StoredRun> stored,
                         store_->LoadRun(id));
  if (!stored.has_value()) return NotFound(run_id);
  ASSAY_ASSIGN_OR_RETURN(const std::vector<StoredResult> results,
                         store_->LoadResults(id, after_sequence, limit));
  std::vector<Event> events;
  for (const StoredResult& result : results) {
    Event& event = events.emplace_back();
    event.sequence = result.sequence;
    event.what.emplace<ResultEvent>(ResultEvent{result.index, result.result});
  }
  const Run& run = stored->run;
  // Of a run that goes on elsewhere, what its owner has told so far.
  const bool ended = IsJudged(run.state);
  const int64_t state_sequence = ended ? run.sequence : run.state_sequence;
  if (state_sequence > after_sequence) {
    Event& event = events.emplace_back();
    event.sequence = state_sequence;
    event.what.emplace<StateEvent>(StateEvent{run.state});
  }
  if (!ended && run.progress_sequence > after_sequence) {
    Event& event = events.emplace_back();
    event.sequence = run.progress_sequence;
    event.what.emplace<ProgressEvent>(ProgressEvent{run.progress});
  }
  // A batch that is full ends before what comes after its last result.
  std::stable_sort(
      events.begin(), events.end(),
      [](const Event& a, const Event& b) { return a.sequence < b.sequence; });
  if (events.size() > static_cast<size_t>(limit)) {
    events.resize(static_cast<size_t>(limit));
  }
  return events;
}

}  // namespace assay::runs
