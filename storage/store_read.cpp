// The readers' half of the store. Every value is unsealed, every sequence checked for holes.
#include "storage/checkpoint.hpp"
#include "storage/codec.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_json.hpp"

#include <algorithm>
#include <charconv>

namespace longwave::storage {

namespace {

result<std::uint64_t> parse_number(std::string_view payload, std::string_view place) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), number);
  if (error != std::errc{} || end != payload.data() + payload.size())
    return damaged_store(place, "not a number");
  return number;
}

/// The list without those that retention has given up (contract 8.18): thinning out follows once a day.
std::vector<store::listed_checkpoint> kept_ones(std::vector<store::listed_checkpoint> listed) {
  std::vector<checkpoint_record> sound;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (!listed[i].valid) continue;
    sound.push_back(listed[i].record);
    places.push_back(i);
  }
  const auto drop = checkpoints_to_drop(sound);
  for (auto at = drop.rbegin(); at != drop.rend(); ++at)
    listed.erase(listed.begin() + static_cast<std::ptrdiff_t>(places[*at]));
  return listed;
}

} // namespace

std::string pruned_key(std::string_view run) {
  return meta_key("pruned/" + std::string(run));
}

std::string printable_key(std::string_view key) {
  if (const auto decoded = decode_key(key)) return to_string(*decoded);
  constexpr char hex[] = "0123456789abcdef";
  std::string text = "unknown/";
  for (unsigned char byte : key) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

rocks_store::fixed_view::fixed_view(rocksdb::DB& db, bool wanted) : db_(db) {
  if (wanted) options.snapshot = db.GetSnapshot();
}

rocks_store::fixed_view::~fixed_view() {
  if (options.snapshot != nullptr) db_.ReleaseSnapshot(options.snapshot);
}

result<std::string> rocks_store::get(rocksdb::DB& db, const rocksdb::ReadOptions& options, const std::string& key) {
  std::string value;
  const auto status = db.Get(options, key, &value);
  if (status.IsNotFound()) {
    const auto name = printable_key(key);
    return failure{error_code::not_found, "not in the store", name, {}};
  }
  if (!status.ok()) return store_failure("cannot read " + printable_key(key), status);
  auto payload = unseal(value, printable_key(key));
  if (!payload) return payload.error();
  value.erase(0, value.size() - payload.value().size());
  return value;
}

result<std::vector<std::string>> rocks_store::runs() const {
  auto entered = enter();
  if (!entered) return entered.error();
  const auto end = prefix_end(key_prefix::run, {});
  const rocksdb::Slice end_slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it(entered.value().db->NewIterator(options));
  std::vector<std::string> names;
  for (it->Seek(prefix_begin(key_prefix::run, {})); it->Valid(); it->Next()) {
    auto key = decode_key(it->key().ToStringView());
    if (!key) return damaged_store(printable_key(it->key().ToStringView()), "not a run key");
    names.push_back(std::move(key->run));
  }
  if (!it->status().ok()) return store_failure("cannot list the runs", it->status());
  return names;
}

result<run_config> rocks_store::config(const std::string& run) const {
  auto entered = enter();
  if (!entered) return entered.error();
  auto payload = get(*entered.value().db, {}, run_key(run));
  if (!payload) return payload.error();
  return parse_stored<run_config>(payload.value(), "run/" + run);
}

result<run_head> rocks_store::head(const std::string& run) const {
  auto entered = enter();
  if (!entered) return entered.error();
  auto payload = get(*entered.value().db, {}, head_key(run));
  if (!payload) return payload.error();
  return parse_stored<run_head>(payload.value(), "head/" + run);
}

/// The newest segment must be the head's, neither earlier nor later, and carry the head's hash.
result<void> rocks_store::check_last_segment(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                             const std::string& run, const run_head& head) {
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  it->SeekForPrev(prefix_end(key_prefix::segment, run));
  if (!it->Valid() && !it->status().ok()) return store_failure("cannot read the segments of run " + run, it->status());
  std::uint64_t last = 0;
  if (it->Valid()) {
    const auto key = decode_key(it->key().ToStringView());
    if (key && key->prefix == key_prefix::segment && key->run == run) last = key->seq;
  }
  const auto place = "head/" + run;
  if (last != head.seq)
    return damaged_store(place, "it counts " + std::to_string(head.seq) + " segments, the last one stored is " +
                                  std::to_string(last));
  if (last == 0) return head.hash == zero_hash ? result<void>(ok()) : damaged_store(place, "a hash without a segment");
  auto line = unseal(it->value().ToStringView(), printable_key(it->key().ToStringView()));
  if (!line) return line.error();
  auto record = parse_stored<nlohmann::json>(line.value(), printable_key(it->key().ToStringView()));
  if (!record) return record.error();
  const auto hash = record.value().find("hash");
  if (hash == record.value().end() || *hash != head.hash)
    return damaged_store(place, "its hash is not that of segment " + std::to_string(last));
  return ok();
}

result<std::map<std::string, nlohmann::json>> rocks_store::newest_states(rocksdb::DB& db,
                                                                         const rocksdb::ReadOptions& options,
                                                                         const std::string& run, std::uint64_t seq) {
  const auto begin = prefix_begin(key_prefix::state, run);
  const auto end = prefix_end(key_prefix::state, run);
  const rocksdb::Slice end_slice(end);
  auto bounded = options;
  const rocksdb::Slice begin_slice(begin);
  bounded.iterate_lower_bound = &begin_slice;
  bounded.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(bounded));
  std::map<std::string, nlohmann::json> states;
  // From name to name, backwards: two seeks each, however many versions lie between. A name's newest version is never
  // pruned, so this way round the seeks do not wade through what pruning left of older ones.
  for (it->SeekForPrev(end); it->Valid();) {
    auto found = decode_key(it->key().ToStringView());
    if (!found) return damaged_store(printable_key(it->key().ToStringView()), "not a state key");
    const auto name = found->name;
    if (found->seq > seq) {
      it->SeekForPrev(state_key(run, name, seq));
      found = it->Valid() ? decode_key(it->key().ToStringView()) : std::nullopt;
    }
    if (found && found->name == name) {
      const auto place = to_string(*found);
      auto payload = unseal(it->value().ToStringView(), place);
      if (!payload) return payload.error();
      auto value = parse_stored<nlohmann::json>(payload.value(), place);
      if (!value) return value.error();
      if (!value.value().is_null()) states.emplace(name, std::move(value.value()));
    }
    if (!it->status().ok()) break;
    it->SeekForPrev(begin + name + '\0');
  }
  if (!it->status().ok()) return store_failure("cannot read the state of run " + run, it->status());
  if (auto bundle = states.extract(std::string(bundle_piece))) {
    if (!bundle.mapped().is_object()) return damaged_store("state/" + run + "/" + bundle.key(), "it is no object");
    for (auto& [name, piece] : bundle.mapped().items()) states.insert_or_assign(name, std::move(piece));
  }
  return states;
}

result<std::uint64_t> rocks_store::published_mark(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                                  const std::string& run) {
  auto payload = get(db, options, published_key(run));
  if (!payload) {
    if (payload.error().code == error_code::not_found) return std::uint64_t{0};
    return payload.error();
  }
  return parse_number(payload.value(), "published/" + run);
}

result<std::uint64_t> rocks_store::pruned_up_to(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                                const std::string& run) {
  auto payload = get(db, options, pruned_key(run));
  if (!payload) {
    if (payload.error().code == error_code::not_found) return std::uint64_t{0};
    return payload.error();
  }
  return parse_number(payload.value(), "meta/pruned/" + run);
}

result<loaded_run> rocks_store::load(const std::string& run) const {
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  const fixed_view view(db, mode_ == open_mode::write);
  loaded_run loaded;
  auto config_payload = get(db, view.options, run_key(run));
  if (!config_payload) return config_payload.error();
  auto config = parse_stored<run_config>(config_payload.value(), "run/" + run);
  if (!config) return config.error();
  loaded.config = std::move(config.value());
  auto head_payload = get(db, view.options, head_key(run));
  if (!head_payload) {
    if (head_payload.error().code == error_code::not_found) return damaged_store("head/" + run, "it is missing");
    return head_payload.error();
  }
  auto head = parse_stored<run_head>(head_payload.value(), "head/" + run);
  if (!head) return head.error();
  loaded.head = std::move(head.value());
  if (auto checked = check_last_segment(db, view.options, run, loaded.head); !checked) return checked.error();
  auto states = newest_states(db, view.options, run, loaded.head.seq);
  if (!states) return states.error();
  loaded.state = std::move(states.value());
  auto newest = newest_checkpoint(db, view.options, run);
  if (!newest) return newest.error();
  if (newest.value()) loaded.state["checkpoint"] = *newest.value();
  auto note_payload = get(db, view.options, attempt_key(run));
  if (note_payload) {
    auto note = parse_stored<attempt_note>(note_payload.value(), "attempt/" + run);
    if (!note) return note.error();
    if (note.value().seq == loaded.head.seq + 1) loaded.open_attempt = std::move(note.value());
  } else if (note_payload.error().code != error_code::not_found) {
    return note_payload.error();
  }
  auto mark = published_mark(db, view.options, run);
  if (!mark) return mark.error();
  loaded.published = mark.value();
  if (loaded.published > loaded.head.seq)
    return damaged_store("published/" + run, "it counts more segments than were committed");
  return loaded;
}

result<std::string> rocks_store::segment_line(const std::string& run, std::uint64_t seq) const {
  auto entered = enter();
  if (!entered) return entered.error();
  return get(*entered.value().db, {}, segment_key(run, seq));
}

result<std::string> rocks_store::provenance(const std::string& run, std::uint64_t seq) const {
  auto entered = enter();
  if (!entered) return entered.error();
  return get(*entered.value().db, {}, provenance_key(run, seq));
}

result<void> rocks_store::segments(const std::string& run, std::uint64_t from, std::uint64_t to,
                                   const std::function<bool(std::uint64_t, const std::string&)>& each) const {
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  const fixed_view view(db, mode_ == open_mode::write);
  auto head_payload = get(db, view.options, head_key(run));
  if (!head_payload) return head_payload.error();
  auto head = parse_stored<run_head>(head_payload.value(), "head/" + run);
  if (!head) return head.error();
  auto expected = std::max<std::uint64_t>(from, 1);
  const auto last = std::min(to, head.value().seq);
  const auto end = prefix_end(key_prefix::segment, run);
  const rocksdb::Slice end_slice(end);
  auto options = view.options;
  options.fill_cache = false;
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  std::string line;
  for (it->Seek(segment_key(run, expected)); it->Valid() && expected <= last; it->Next(), ++expected) {
    const auto key = decode_key(it->key().ToStringView());
    if (!key || key->seq != expected)
      return damaged_store("segment/" + run + "/" + std::to_string(expected), "it is missing");
    auto payload = unseal(it->value().ToStringView(), to_string(*key));
    if (!payload) return payload.error();
    line.assign(payload.value());
    if (!each(expected, line)) return ok();
  }
  if (!it->status().ok()) return store_failure("cannot read the segments of run " + run, it->status());
  if (expected <= last) return damaged_store("segment/" + run + "/" + std::to_string(expected), "it is missing");
  return ok();
}

result<std::map<std::string, nlohmann::json>> rocks_store::state_at(const std::string& run, std::uint64_t seq) const {
  auto entered = enter();
  if (!entered) return entered.error();
  auto& db = *entered.value().db;
  const fixed_view view(db, mode_ == open_mode::write);
  auto pruned = pruned_up_to(db, view.options, run);
  if (!pruned) return pruned.error();
  if (seq < pruned.value() && seq != 0) {
    // Versions between retained checkpoints were dropped: an answer would be older than what was asked for.
    auto listed = list_checkpoints(db, view.options, run);
    if (!listed) return listed.error();
    std::uint64_t nearest = 0;
    for (const auto& entry : listed.value())
      if (entry.record.seq <= seq) nearest = std::max(nearest, entry.record.seq);
    if (nearest != seq)
      return failure{error_code::not_found, "no state of run " + run + " at segment " + std::to_string(seq),
                     "state is kept at checkpoints only",
                     nearest == 0 ? "" : "the nearest earlier checkpoint is at segment " + std::to_string(nearest)};
  }
  return newest_states(db, view.options, run, seq);
}

result<std::vector<store::listed_checkpoint>> rocks_store::list_checkpoints(rocksdb::DB& db,
                                                                            const rocksdb::ReadOptions& options,
                                                                            const std::string& run) {
  const auto end = prefix_end(key_prefix::checkpoint, run);
  const rocksdb::Slice end_slice(end);
  auto bounded = options;
  bounded.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(bounded));
  std::vector<listed_checkpoint> listed;
  for (it->Seek(prefix_begin(key_prefix::checkpoint, run)); it->Valid(); it->Next()) {
    const auto key = decode_key(it->key().ToStringView());
    if (!key) return damaged_store(printable_key(it->key().ToStringView()), "not a checkpoint key");
    listed_checkpoint entry;
    auto payload = unseal(it->value().ToStringView(), to_string(*key));
    auto record = payload ? parse_stored<checkpoint_record>(payload.value(), to_string(*key))
                          : result<checkpoint_record>(payload.error());
    if (record && record.value().seq == key->seq && static_cast<std::uint8_t>(record.value().kind) == key->kind) {
      entry.record = std::move(record.value());
    } else {
      // The key still says where it stood; only the segment record is needed to go on from there (contract 8.16).
      entry.record.seq = key->seq;
      entry.record.kind = static_cast<checkpoint_kind>(key->kind);
      entry.record.id = "checkpoint_seg" + std::to_string(key->seq);
      entry.valid = false;
      entry.fault = record ? "it does not belong to its key" : record.error().why;
    }
    listed.push_back(std::move(entry));
  }
  if (!it->status().ok()) return store_failure("cannot list the checkpoints of run " + run, it->status());
  return listed;
}

/// The last one that can be read; nobody needs it to go on.
result<std::optional<checkpoint_record>> rocks_store::newest_checkpoint(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                                                        const std::string& run) {
  const auto begin = prefix_begin(key_prefix::checkpoint, run), end = prefix_end(key_prefix::checkpoint, run);
  const rocksdb::Slice begin_slice(begin), end_slice(end);
  auto bounded = options;
  bounded.iterate_lower_bound = &begin_slice;
  bounded.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(bounded));
  for (it->SeekToLast(); it->Valid(); it->Prev()) {
    const auto payload = unseal(it->value().ToStringView(), "checkpoint/" + run);
    if (!payload) continue;
    auto record = parse_stored<checkpoint_record>(payload.value(), "checkpoint/" + run);
    if (record) return std::optional(std::move(record.value()));
  }
  if (!it->status().ok()) return store_failure("cannot read the checkpoints of run " + run, it->status());
  return std::optional<checkpoint_record>();
}

result<std::vector<store::listed_checkpoint>> rocks_store::checkpoints(const std::string& run) const {
  auto entered = enter();
  if (!entered) return entered.error();
  auto listed = list_checkpoints(*entered.value().db, {}, run);
  if (!listed) return listed.error();
  return kept_ones(std::move(listed.value()));
}

result<std::uint64_t> rocks_store::published(const std::string& run) const {
  auto entered = enter();
  if (!entered) return entered.error();
  return published_mark(*entered.value().db, {}, run);
}

result<void> rocks_store::keys(const std::function<bool(const std::string&, std::size_t)>& each) const {
  auto entered = enter();
  if (!entered) return entered.error();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(entered.value().db->NewIterator(options));
  for (it->SeekToFirst(); it->Valid(); it->Next())
    if (!each(printable_key(it->key().ToStringView()), it->value().size())) return ok();
  if (!it->status().ok()) return store_failure("cannot list the keys", it->status());
  return ok();
}

} // namespace longwave::storage
