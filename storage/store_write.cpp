// The committer's half of the store: group commit, notes, new runs, pruning.
#include "messages/kill_point.hpp"
#include "storage/checkpoint.hpp"
#include "storage/codec.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_json.hpp"

#include <rocksdb/perf_level.h>

#include <algorithm>

namespace longwave::storage {

namespace {

std::string checkpoint_text(const checkpoint_record& c) {
  std::string out;
  append_json(out, c);
  return out;
}

/// About what a batch takes: grown once, not a dozen times.
std::size_t size_of(const commit_batch& batch) {
  constexpr std::size_t a_key = 96;
  std::size_t bytes = batch.record_line.size() + batch.provenance.size() + 1'024 + 6 * a_key;
  for (const auto& change : batch.changes) bytes += change.json.size() + a_key;
  return bytes;
}

failure refused(error_code code, const commit_batch& batch, std::string why) {
  return {code, "cannot commit segment " + std::to_string(batch.seq) + " of run " + batch.run, std::move(why), {}};
}

} // namespace

void put_sealed(rocksdb::DB& db, rocksdb::WriteBatch& writes, const std::string& key, std::string_view payload) {
  const auto header = seal(payload);
  const rocksdb::Slice key_part(key);
  const rocksdb::Slice value_parts[] = {{header.data(), header.size()}, {payload.data(), payload.size()}};
  writes.Put(db.DefaultColumnFamily(), rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2));
}

result<void> rocks_store::writable() const {
  if (mode_ == open_mode::write) return ok();
  return failure{error_code::wrong_state, "cannot write to the store " + folder_, "it is open for reading only", {}};
}

result<rocks_store::head_mark> rocks_store::mark_of(rocksdb::DB& db, const std::string& run) {
  if (const auto it = heads_.find(run); it != heads_.end()) return it->second;
  auto payload = get(db, {}, head_key(run));
  if (!payload) return payload.error();
  auto head = parse_stored<run_head>(payload.value(), "head/" + run);
  if (!head) return head.error();
  head_mark mark{head.value().seq, std::move(head.value().hash), head.value().epoch};
  heads_.emplace(run, mark);
  return mark;
}

/// Success when the segment is already there with the same hash: an answer to a commit may have been lost.
result<void> rocks_store::check_repeated(rocksdb::DB& db, const commit_batch& batch, const head_mark& mark) const {
  std::string stored = mark.hash;
  if (batch.seq != mark.seq) {
    auto line = get(db, {}, segment_key(batch.run, batch.seq));
    if (!line) return line.error();
    auto parsed = parse_stored<nlohmann::json>(line.value(), "segment");
    if (!parsed) return parsed.error();
    const auto it = parsed.value().find("hash");
    stored = it != parsed.value().end() && it->is_string() ? it->get<std::string>() : std::string{};
  }
  if (stored == batch.head.hash) return ok();
  return refused(error_code::wrong_state, batch,
                 "another segment was committed in its place (the run stands at " + std::to_string(mark.seq) + ")");
}

rocks_store::prepared rocks_store::prepare(rocksdb::DB& db, const commit_batch& batch,
                                           std::unordered_map<std::string_view, head_mark>& staged,
                                           rocksdb::WriteBatch& writes) {
  const auto refuse = [&](error_code code, std::string why) {
    return prepared{preparation::refused, refused(code, batch, std::move(why))};
  };
  const auto earlier = staged.find(batch.run);
  head_mark mark;
  if (earlier != staged.end()) {
    mark = earlier->second;
  } else {
    auto stored = mark_of(db, batch.run);
    if (!stored) return {preparation::refused, stored.error()};
    mark = std::move(stored.value());
  }
  if (batch.epoch < mark.epoch)
    return refuse(error_code::wrong_state, "the run was taken over (epoch " + std::to_string(batch.epoch) +
                                             " is older than " + std::to_string(mark.epoch) + ")");
  const bool has_record = !batch.record_line.empty();
  if (has_record) {
    if (batch.head.seq != batch.seq) return refuse(error_code::internal, "head and segment differ in number");
    if (batch.seq <= mark.seq) {
      if (auto same = check_repeated(db, batch, mark); !same) return {preparation::refused, same.error()};
      // A twin in the same group shares the fate of the group's write.
      return {earlier != staged.end() ? preparation::in_batch : preparation::already_there, {}};
    }
    if (batch.seq != mark.seq + 1)
      return refuse(error_code::internal, "the run stands at " + std::to_string(mark.seq));
    if (batch.prev_hash != mark.hash) return refuse(error_code::internal, "its chain does not follow the run's head");
  } else if (batch.head.seq != mark.seq || batch.head.hash != mark.hash) {
    return refuse(error_code::wrong_state, "the run stands at " + std::to_string(mark.seq));
  }

  const auto seq = batch.head.seq;
  const auto epoch = std::max(batch.epoch, std::max(batch.head.epoch, mark.epoch));
  if (has_record) put_sealed(db, writes, segment_key(batch.run, seq), batch.record_line);
  if (!batch.provenance.empty()) put_sealed(db, writes, provenance_key(batch.run, seq), batch.provenance);
  for (const auto& change : batch.changes) put_sealed(db, writes, state_key(batch.run, change.name, seq), change.json);
  for (const auto& c : batch.checkpoints)
    put_sealed(db, writes, checkpoint_key(batch.run, c.seq, static_cast<std::uint8_t>(c.kind)), checkpoint_text(c));
  if (!batch.checkpoints.empty()) KILL_POINT("checkpoint:before");
  if (batch.next_attempt) put_sealed(db, writes, attempt_key(batch.run), note_text(*batch.next_attempt));
  if (batch.published) put_sealed(db, writes, published_key(batch.run), std::to_string(*batch.published));
  put_sealed(db, writes, head_key(batch.run), head_text(batch.head, epoch));
  staged.insert_or_assign(batch.run, head_mark{seq, batch.head.hash, epoch});
  return {preparation::in_batch, {}};
}

result<void> rocks_store::write(rocksdb::DB& db, rocksdb::WriteBatch& writes, bool sync, std::string_view what) {
  rocksdb::WriteOptions options;
  options.sync = sync && sync_;
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); // of this thread: counts that nobody reads cost a tenth
  const auto status = db.Write(options, &writes);
  if (status.ok()) {
    if (options.sync) synced_writes_.fetch_add(1, std::memory_order_relaxed);
    return ok();
  }
  return write_failed(what, status);
}

/// A write that was reported failed may be there all the same: nothing remembered can be trusted now.
failure rocks_store::write_failed(std::string_view what, const rocksdb::Status& status) {
  broken_ = true;
  heads_.clear();
  indexes_.clear();
  return store_failure(what, status);
}

/// Makes all that was written durable.
result<void> rocks_store::sync(rocksdb::DB& db, std::string_view what) {
  if (!sync_) return ok();
  if (const auto status = db.SyncWAL(); !status.ok()) return write_failed(what, status);
  synced_writes_.fetch_add(1, std::memory_order_relaxed);
  return ok();
}

std::vector<result<void>> rocks_store::commit(const std::vector<const commit_batch*>& batches,
                                              const std::function<void(std::size_t)>& written) {
  std::vector<result<void>> results;
  results.reserve(batches.size());
  const auto all_fail = [&](const failure& why) {
    results.assign(batches.size(), why);
    return std::move(results);
  };
  const std::lock_guard guard(writing_);
  if (auto may = writable(); !may) return all_fail(may.error());
  if (auto healed = heal(); !healed) return all_fail(healed.error());
  auto entered = enter();
  if (!entered) return all_fail(entered.error());
  auto& db = *entered.value().db;

  std::size_t bytes = 0;
  for (const auto* batch : batches) bytes += size_of(*batch);
  rocksdb::WriteBatch writes(bytes);
  std::unordered_map<std::string_view, head_mark> staged;
  std::vector<std::size_t> in_batch;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    auto done = prepare(db, *batches[i], staged, writes);
    if (done.state == preparation::refused)
      results.emplace_back(std::move(done.why));
    else
      results.emplace_back(ok());
    if (done.state == preparation::in_batch) in_batch.push_back(i);
  }
  if (in_batch.empty()) return results;
  KILL_POINT("commit:before");
  auto done = write(db, writes, !written, "cannot commit");
  if (done && written) {
    for (auto i : in_batch) written(i);
    KILL_POINT("commit:written");
    done = sync(db, "cannot commit");
  }
  if (!done) {
    for (auto i : in_batch) results[i] = done.error();
    return results;
  }
  KILL_POINT("commit:after");
  if (!batches[in_batch.back()]->checkpoints.empty()) KILL_POINT("checkpoint:after");
  for (auto& [run, mark] : staged) heads_.insert_or_assign(std::string(run), std::move(mark));
  for (auto i : in_batch) keep_index(*batches[i]);
  return results;
}

result<void> rocks_store::note_attempt(const std::string& run, const attempt_note& note, const run_head* head) {
  const std::lock_guard guard(writing_);
  if (auto may = writable(); !may) return may.error();
  if (auto healed = heal(); !healed) return healed.error();
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  auto mark = mark_of(db, run);
  if (!mark) return mark.error();
  rocksdb::WriteBatch writes;
  if (head != nullptr) {
    const auto& at = mark.value();
    if (head->seq != at.seq || head->hash != at.hash || head->epoch < at.epoch)
      return failure{error_code::wrong_state, "cannot note an attempt of run " + run,
                     "the run stands at " + std::to_string(at.seq) + ", epoch " + std::to_string(at.epoch), {}};
    put_sealed(db, writes, head_key(run), head_text(*head, head->epoch));
  }
  put_sealed(db, writes, attempt_key(run), note_text(note));
  KILL_POINT("attempt:before_note");
  if (auto written = write(db, writes, false, "cannot note an attempt"); !written) return written.error();
  KILL_POINT("attempt:after_note");
  if (head != nullptr) heads_.insert_or_assign(run, head_mark{head->seq, head->hash, head->epoch});
  return ok();
}

result<void> rocks_store::create_run(const run_config& config, const run_head& head) {
  const std::lock_guard guard(writing_);
  if (auto may = writable(); !may) return may.error();
  if (!legal_run_id(config.run_id))
    return failure{error_code::bad_usage, "cannot create run \"" + config.run_id + "\"",
                   "a run id is up to 64 of a-z, 0-9, dot, underscore, hyphen and starts with a letter or digit", {}};
  if (auto healed = heal(); !healed) return healed.error();
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  auto existing = get(db, {}, run_key(config.run_id));
  if (existing)
    return failure{error_code::run_exists, "cannot create run " + config.run_id, "the store already holds it",
                   "go on with it by --resume, or choose another folder or id"};
  if (existing.error().code != error_code::not_found) return existing.error();
  auto first = head;
  if (first.hash.empty()) first.hash = zero_hash;
  rocksdb::WriteBatch writes;
  put_sealed(db, writes, run_key(config.run_id), dump(config));
  put_sealed(db, writes, head_key(config.run_id), head_text(first, first.epoch));
  KILL_POINT("create_run:before");
  if (auto written = write(db, writes, true, "cannot create run " + config.run_id); !written) return written.error();
  KILL_POINT("create_run:after");
  heads_.insert_or_assign(config.run_id, head_mark{first.seq, first.hash, first.epoch});
  return ok();
}

result<void> rocks_store::update_config(const run_config& config) {
  const std::lock_guard guard(writing_);
  if (auto may = writable(); !may) return may.error();
  if (auto healed = heal(); !healed) return healed.error();
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  if (auto existing = get(db, {}, run_key(config.run_id)); !existing) return existing.error();
  rocksdb::WriteBatch writes;
  put_sealed(db, writes, run_key(config.run_id), dump(config));
  return write(db, writes, true, "cannot store the configuration of run " + config.run_id);
}

/// Reads which versions of which pieces are there.
result<void> rocks_store::index_states(rocksdb::DB& db, const std::string& run, retention_index& index) {
  const auto end = prefix_end(key_prefix::state, run);
  const rocksdb::Slice end_slice(end);
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  for (it->Seek(prefix_begin(key_prefix::state, run)); it->Valid(); it->Next()) {
    const auto key = decode_key(it->key().ToStringView());
    if (!key) return damaged_store(printable_key(it->key().ToStringView()), "not a state key");
    auto payload = unseal(it->value().ToStringView(), to_string(*key));
    if (!payload) return payload.error();
    index.add_version(key->name, key->seq, payload.value() == "null");
  }
  if (!it->status().ok()) return store_failure("cannot read the state of run " + run, it->status());
  return ok();
}

result<retention_index*> rocks_store::index_of(rocksdb::DB& db, const std::string& run) {
  if (const auto at = indexes_.find(run); at != indexes_.end()) return &at->second;
  retention_index index;
  auto listed = list_checkpoints(db, {}, run);
  if (!listed) return listed.error();
  for (const auto& entry : listed.value()) {
    if (entry.valid)
      index.add_checkpoint(entry.record.seq, entry.record.kind);
    else
      index.add_damaged_checkpoint(entry.record.seq);
  }
  if (auto read = index_states(db, run, index); !read) return read.error();
  return &indexes_.emplace(run, std::move(index)).first->second;
}

/// A batch was written. A run that rests gives its index back: ten thousand may rest.
void rocks_store::keep_index(const commit_batch& batch) {
  const auto at = indexes_.find(batch.run);
  if (at == indexes_.end()) return;
  if (batch.head.state != "running") {
    indexes_.erase(at);
    return;
  }
  for (const auto& change : batch.changes) at->second.add_version(change.name, batch.head.seq, change.json == "null");
  for (const auto& c : batch.checkpoints) at->second.add_checkpoint(c.seq, c.kind);
}

result<void> rocks_store::prune(const std::string& run) {
  const std::lock_guard guard(writing_);
  if (auto may = writable(); !may) return may.error();
  if (auto healed = heal(); !healed) return healed.error();
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  auto mark = mark_of(db, run);
  if (!mark) return mark.error();
  auto index = index_of(db, run);
  if (!index) return index.error();
  const auto gone = index.value()->thin_out(mark.value().seq);
  if (gone.empty()) return ok();
  rocksdb::WriteBatch writes;
  for (const auto& [seq, kind] : gone.checkpoints)
    writes.Delete(checkpoint_key(run, seq, static_cast<std::uint8_t>(kind)));
  for (const auto& [name, seq] : gone.versions) writes.Delete(state_key(run, name, seq));
  put_sealed(db, writes, pruned_key(run), std::to_string(mark.value().seq));
  // Not flushed: pruning that a power cut undoes is done again the next day.
  KILL_POINT("prune:before");
  auto pruned = write(db, writes, false, "cannot prune run " + run);
  KILL_POINT("prune:after");
  if (!pruned) indexes_.erase(run); // it says what the database may still hold
  return pruned;
}

} // namespace longwave::storage
