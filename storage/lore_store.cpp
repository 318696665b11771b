// The catalogue over RocksDB: imports as table files, glances in memory, postings by term.
#include "storage/lore_store.hpp"

#include "storage/chain.hpp"
#include "storage/codec.hpp"
#include "storage/lore_ranking.hpp"
#include "storage/lore_terms.hpp"
#include "storage/store_options.hpp"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/utilities/checkpoint.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t block_records = 4096;
constexpr const char* table_name = "import.sst.tmp";

std::string key_of(lore_prefix prefix, std::string_view rest = {}) {
  std::string key(1, static_cast<char>(prefix));
  key += rest;
  return key;
}

void append_number(std::string& key, std::uint64_t n, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) key += static_cast<char>((n >> shift) & 0xff);
}

std::string record_key(std::uint64_t number) {
  auto key = key_of(lore_prefix::record);
  append_number(key, number, 8);
  return key;
}

std::string numbered_key(lore_prefix prefix, std::uint64_t first) {
  auto key = key_of(prefix);
  append_number(key, first, 4);
  return key;
}

std::string term_prefix(std::string_view term) { return key_of(lore_prefix::term, term) + '\0'; }

const std::string meta_key = key_of(lore_prefix::meta, "catalogue");

failure damaged(const std::string& what, const std::string& why) {
  return {error_code::store_damaged, "cannot read the catalogue", what + ": " + why,
          "import its files into a new folder"};
}

/// A record without what an import adds: two records are the same when these are.
std::string content_of(const lore_record& r) {
  json j = r;
  j.erase("source");
  j.erase("line");
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<json> opened(std::string_view value, const std::string& what) {
  const auto payload = unseal(value, what);
  if (!payload) return damaged(what, payload.error().why);
  auto j = json::parse(payload.value(), nullptr, false);
  if (j.is_discarded()) return damaged(what, "is not JSON");
  return j;
}

/// What the whole catalogue is.
struct catalogue_head {
  std::uint64_t next = 1;
  std::uint64_t imports = 0;
  std::string hash;

  json as_json() const {
    return {{"format", "longwave-lore"},
            {"schema", lore_schema_version},
            {"next", next},
            {"imports", imports},
            {"hash", hash}};
  }
};

/// Writes one table file in ascending order of keys, whatever goes wrong reported once at the end.
class table_writer {
public:
  table_writer(const rocksdb::Options& options, const fs::path& file)
    : writer_(rocksdb::EnvOptions(), options), file_(file) {
    status_ = writer_.Open(file.string());
  }

  void put(const std::string& key, const json& value) {
    if (status_.ok()) status_ = writer_.Put(key, sealed(value.dump(-1, ' ', false, json::error_handler_t::replace)));
  }

  rocksdb::Status finish() { return status_.ok() ? writer_.Finish() : status_; }

private:
  rocksdb::SstFileWriter writer_;
  fs::path file_;
  rocksdb::Status status_;
};

/// The facets of some records as one JSON value: texts once, rows pointing at them.
class facet_block {
public:
  void add(const lore_record& r, std::uint64_t number) {
    auto factions = json::array();
    for (const auto& f : r.factions) factions.push_back(text(f));
    rows_.push_back({number, text(r.title), text(r.layer), text(r.excluded), text(r.region), text(r.region_type),
                     text(r.tier), text(r.info_source), text(r.era), r.year_min ? json(*r.year_min) : json(),
                     r.year_max ? json(*r.year_max) : json(), (r.post_war ? 1 : 0) | (r.labelled_no_story ? 2 : 0),
                     std::move(factions)});
  }
  std::size_t size() const { return rows_.size(); }
  json take() { return {{"texts", std::move(texts_)}, {"rows", std::move(rows_)}}; }

private:
  std::size_t text(const std::string& t) {
    const auto [at, fresh] = places_.emplace(t, places_.size());
    if (fresh) texts_.push_back(t);
    return at->second;
  }
  std::unordered_map<std::string, std::size_t> places_;
  json texts_ = json::array();
  json rows_ = json::array();
};

class rocks_lore_store final : public lore_store {
public:
  rocks_lore_store(fs::path folder, lore_access access) : folder_(std::move(folder)), access_(access) {}

  result<void> open() {
    options_ = database_options(access_ == lore_access::read ? open_mode::read_only : open_mode::write, nullptr);
    options_.memtable_insert_with_hint_prefix_extractor = nullptr;
    options_.create_if_missing = access_ == lore_access::create;
    options_.max_open_files = -1; // a reader keeps the files that an import's compaction may remove
    std::error_code ec;
    if (access_ == lore_access::create) fs::create_directories(folder_, ec);
    if (ec)
      return failure{error_code::output_unwritable, "cannot create " + folder_.string(), ec.message(),
                     "choose another folder"};
    if (access_ != lore_access::create && !fs::exists(folder_ / "CURRENT", ec))
      return failure{error_code::not_found, "no catalogue in " + folder_.string(), "nothing was imported yet",
                     "`longwave lore import FILE DIR` makes one"};
    rocksdb::DB* raw = nullptr;
    const auto status = access_ == lore_access::read ? rocksdb::DB::OpenForReadOnly(options_, folder_.string(), &raw)
                                                     : rocksdb::DB::Open(options_, folder_.string(), &raw);
    db_.reset(raw);
    if (!status.ok()) {
      if (status.ToString().find("ock") != std::string::npos && status.IsIOError())
        return failure{error_code::store_locked, "cannot open the catalogue " + folder_.string(),
                       "an import is under way", "try again when it is over"};
      return store_failure("cannot open the catalogue " + folder_.string(), status);
    }
    return read_head();
  }

  std::size_t size() const noexcept override { return static_cast<std::size_t>(head_.next - 1); }
  std::string content_hash() const override { return head_.hash; }

  result<void> each(const std::function<void(const lore_glance&)>& look) const override {
    if (auto loaded = load_glances(); !loaded) return loaded.error();
    for (const auto& g : glances_)
      if (g.number != 0) look(g);
    return ok();
  }

  result<lore_record> record(std::uint64_t number) const override {
    const auto what = "record " + std::to_string(number);
    auto value = get(record_key(number), what);
    if (!value) return value.error();
    try {
      return value.value().get<lore_record>();
    } catch (const json::exception& e) {
      return damaged(what, e.what());
    }
  }

  result<std::uint64_t> find(std::string_view id) const override {
    auto value = get(key_of(lore_prefix::id, id), "id " + std::string(id));
    if (!value) return value.error();
    return value.value().value("n", std::uint64_t{0});
  }

  result<std::vector<lore_import>> imports() const override {
    std::vector<lore_import> list;
    for (std::uint64_t i = 1; i <= head_.imports; ++i) {
      auto value = get(numbered_key(lore_prefix::import, i), "import " + std::to_string(i));
      if (!value) return value.error();
      list.push_back(value.value().get<lore_import>());
    }
    return list;
  }

  result<std::vector<std::size_t>> conflicts(const std::vector<lore_record>& records) const override {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < records.size(); ++i) {
      auto same = stored_as(records[i]);
      if (!same) return same.error();
      if (same.value().number != 0 && !same.value().equal) places.push_back(i);
    }
    return places;
  }

  result<lore_import_counts> import(const std::vector<lore_record>& records, const lore_import& about) override;
  result<void> snapshot(const fs::path& to) const override {
    rocksdb::Checkpoint* raw = nullptr;
    auto status = rocksdb::Checkpoint::Create(db_.get(), &raw);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
    if (status.ok()) status = checkpoint->CreateCheckpoint(to.string());
    if (!status.ok()) return store_failure("cannot copy the catalogue to " + to.string(), status);
    return ok();
  }
  result<std::vector<lore_hit>> search(std::string_view words, std::size_t limit,
                                       const std::function<bool(std::uint64_t)>& allowed) const override;

private:
  struct standing {
    std::uint64_t number = 0; ///< 0: no such id
    bool equal = false;
  };
  struct numbered {
    std::uint64_t number;
    const lore_record* record;
  };

  result<void> read_head() {
    std::string value;
    const auto status = db_->Get({}, meta_key, &value);
    if (status.IsNotFound()) {
      const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
      it->SeekToFirst();
      if (it->Valid())
        return failure{error_code::store_foreign, "cannot open the catalogue " + folder_.string(),
                       "it is somebody else's database", "choose another folder"};
      return ok();
    }
    if (!status.ok()) return store_failure("cannot open the catalogue " + folder_.string(), status);
    auto j = opened(value, "head");
    if (!j) return j.error();
    if (const int schema = j.value().value("schema", 0); schema > lore_schema_version)
      return failure{error_code::store_newer, "cannot open the catalogue " + folder_.string(),
                     "its schema is " + std::to_string(schema), "use the release that wrote it"};
    head_.next = j.value().value("next", std::uint64_t{1});
    head_.imports = j.value().value("imports", std::uint64_t{0});
    head_.hash = j.value().value("hash", "");
    return ok();
  }

  result<json> get(const std::string& key, const std::string& what) const {
    rocksdb::PinnableSlice value;
    const auto status = db_->Get({}, db_->DefaultColumnFamily(), key, &value);
    if (status.IsNotFound()) return failure{error_code::not_found, "no " + what, "the catalogue has none", ""};
    if (!status.ok()) return store_failure("cannot read " + what, status);
    return opened({value.data(), value.size()}, what);
  }

  result<standing> stored_as(const lore_record& r) const {
    if (head_.next == 1) return standing{};
    auto number = find(r.id);
    if (!number) {
      if (number.error().code == error_code::not_found) return standing{};
      return number.error();
    }
    auto old = record(number.value());
    if (!old) return old.error();
    return standing{number.value(), content_of(old.value()) == content_of(r)};
  }

  result<void> load_glances() const;
  /// False for a block that this program did not write.
  bool load_block(std::string_view payload, simdjson::dom::parser& parser) const;

  fs::path folder_;
  lore_access access_;
  rocksdb::Options options_;
  std::unique_ptr<rocksdb::DB> db_;
  catalogue_head head_;

  mutable std::mutex loading_;
  mutable bool loaded_ = false;
  mutable std::deque<std::string> texts_; ///< all texts of a block in one; glances point into them
  mutable std::set<std::vector<std::string>> factions_;
  mutable std::vector<lore_glance> glances_; ///< by number; number 0 = none
};

/// A row of a facet block as `facet_block::add` wrote it. False for any other shape.
bool read_row(const simdjson::dom::element& element, const std::vector<std::string_view>& texts, lore_glance& g,
              std::vector<std::string>& factions) {
  simdjson::dom::array row;
  if (element.get(row) != simdjson::SUCCESS) return false;
  auto at = row.begin();
  bool sound = true;
  const auto next = [&] {
    if (at == row.end()) {
      sound = false;
      return simdjson::dom::element(element);
    }
    const simdjson::dom::element value = *at;
    ++at;
    return value;
  };
  const auto number = [&](const simdjson::dom::element& value) {
    std::uint64_t n = 0;
    sound = value.get(n) == simdjson::SUCCESS && sound;
    return n;
  };
  const auto text = [&](const simdjson::dom::element& value) {
    const auto place = number(value);
    sound = sound && place < texts.size();
    return sound ? texts[place] : std::string_view();
  };
  const auto year = [&]() -> std::optional<int> {
    const auto value = next();
    if (value.is_null()) return std::nullopt;
    std::int64_t y = 0;
    sound = value.get(y) == simdjson::SUCCESS && y >= std::numeric_limits<int>::min() && y <= std::numeric_limits<int>::max() && sound;
    return static_cast<int>(y);
  };
  g.number = number(next());
  for (auto* facet : {&g.title, &g.layer, &g.excluded, &g.region, &g.region_type, &g.tier, &g.info_source, &g.era}) *facet = text(next());
  g.year_min = year();
  g.year_max = year();
  const auto marks = number(next());
  g.post_war = (marks & 1) != 0;
  g.labelled_no_story = (marks & 2) != 0;
  simdjson::dom::array names;
  sound = next().get(names) == simdjson::SUCCESS && sound;
  factions.clear();
  if (sound)
    for (const auto name : names) factions.emplace_back(text(name));
  return sound;
}

bool rocks_lore_store::load_block(std::string_view payload, simdjson::dom::parser& parser) const {
  simdjson::dom::element block;
  simdjson::dom::array listed, rows;
  if (parser.parse(payload.data(), payload.size()).get(block) != simdjson::SUCCESS || block["texts"].get(listed) != simdjson::SUCCESS ||
      block["rows"].get(rows) != simdjson::SUCCESS)
    return false;
  auto& kept = texts_.emplace_back();
  kept.reserve(payload.size());
  std::vector<std::size_t> ends;
  for (const auto entry : listed) {
    std::string_view bytes;
    if (entry.get(bytes) != simdjson::SUCCESS) return false;
    kept += bytes; // shorter than the payload that it was written in: never moves
    ends.push_back(kept.size());
  }
  std::vector<std::string_view> texts;
  texts.reserve(ends.size());
  for (std::size_t i = 0, from = 0; i < ends.size(); from = ends[i++]) texts.push_back(std::string_view(kept).substr(from, ends[i] - from));
  std::vector<std::string> factions;
  for (const auto row : rows) {
    lore_glance g;
    if (!read_row(row, texts, g, factions) || g.number >= head_.next) return false;
    if (!factions.empty()) g.factions = &*factions_.insert(factions).first;
    // Imports number upward, so that each page is mostly touched once.
    if (g.number > glances_.size()) glances_.resize(g.number);
    if (g.number == glances_.size())
      glances_.push_back(g);
    else
      glances_[g.number] = g;
  }
  return true;
}

result<void> rocks_lore_store::load_glances() const {
  std::lock_guard guard(loading_);
  if (loaded_) return ok();
  glances_.clear();
  glances_.reserve(head_.next);
  simdjson::dom::parser parser;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  const auto prefix = key_of(lore_prefix::facets);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const auto payload = unseal({it->value().data(), it->value().size()}, "facets");
    if (!payload) return damaged("facets", payload.error().why);
    if (!load_block(payload.value(), parser)) return damaged("facets", "a block is not what an import writes");
  }
  if (!it->status().ok()) return store_failure("cannot read the catalogue " + folder_.string(), it->status());
  loaded_ = true;
  return ok();
}

result<lore_import_counts> rocks_lore_store::import(const std::vector<lore_record>& records, const lore_import& about) {
  lore_import_counts counts;
  std::vector<numbered> writes;
  auto head = head_;
  for (const auto& r : records) {
    auto known = stored_as(r);
    if (!known) return known.error();
    if (known.value().equal)
      ++counts.unchanged;
    else if (known.value().number != 0)
      ++counts.replaced;
    else
      ++counts.added;
    if (!known.value().equal) writes.push_back({known.value().number != 0 ? known.value().number : head.next++, &r});
  }
  if (writes.empty()) return counts;
  ++head.imports;
  std::sort(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.number < b.number; });

  std::map<std::string_view, std::uint64_t> ids;
  std::map<std::string, std::vector<std::uint64_t>> postings;
  std::string digests = head.hash;
  for (const auto& w : writes) {
    ids.emplace(w.record->id, w.number);
    for (auto& term : lore_terms(w.record->title + " " + w.record->text + " " + w.record->summary))
      postings[std::move(term)].push_back(w.number);
    digests += content_of(*w.record);
    if (digests.size() > (1u << 20)) digests = sha256_hex(digests);
  }
  head.hash = sha256_hex(digests);

  const auto file = folder_ / table_name;
  table_writer table(options_, file);
  for (const auto& [id, number] : ids) table.put(key_of(lore_prefix::id, id), {{"n", number}});
  facet_block block;
  std::uint64_t blocks = 0;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    block.add(*writes[i].record, writes[i].number);
    if (block.size() < block_records && i + 1 < writes.size()) continue;
    auto key = numbered_key(lore_prefix::facets, head.imports);
    append_number(key, blocks++, 4);
    table.put(key, block.take());
    block = {};
  }
  auto info = about;
  info.records = writes.size();
  table.put(numbered_key(lore_prefix::import, head.imports), info);
  for (const auto& [term, numbers] : postings) {
    auto distances = json::array();
    std::uint64_t before = 0;
    for (const auto n : numbers) {
      distances.push_back(n - before);
      before = n;
    }
    auto key = term_prefix(term);
    append_number(key, head.imports, 4);
    table.put(key, distances);
  }
  for (const auto& w : writes) table.put(record_key(w.number), *w.record);
  table.put(meta_key, head.as_json());
  auto status = table.finish();
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    status = db_->IngestExternalFile({file.string()}, ingest);
  }
  std::error_code ignored;
  fs::remove(file, ignored);
  if (!status.ok()) return store_failure("cannot import into " + folder_.string(), status);
  head_ = head;
  std::lock_guard guard(loading_);
  loaded_ = false;
  glances_.clear();
  return counts;
}

result<std::vector<lore_hit>> rocks_lore_store::search(std::string_view words, std::size_t limit,
                                                       const std::function<bool(std::uint64_t)>& allowed) const {
  std::vector<std::vector<std::uint64_t>> postings;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  for (const auto& term : lore_terms(words)) {
    std::vector<std::uint64_t> numbers;
    const auto prefix = term_prefix(term);
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      auto list = opened({it->value().data(), it->value().size()}, "term");
      if (!list) return list.error();
      std::uint64_t number = 0;
      for (const auto& distance : list.value()) numbers.push_back(number += distance.get<std::uint64_t>());
    }
    if (!it->status().ok()) return store_failure("cannot search the catalogue", it->status());
    if (!numbers.empty()) postings.push_back(std::move(numbers));
  }
  return rank_postings(std::move(postings), size(), limit, allowed);
}

} // namespace

void to_json(json& j, const lore_import& i) {
  j = json{{"source", i.source}, {"imported_at", i.imported_at}, {"records", i.records}, {"skipped", i.skipped}};
  if (!i.source_hash.empty()) j["source_sha256"] = i.source_hash;
}

void from_json(const json& j, lore_import& i) {
  i.source = j.value("source", "");
  i.source_hash = j.value("source_sha256", "");
  i.imported_at = j.value("imported_at", "");
  i.records = j.value("records", std::uint64_t{0});
  i.skipped = j.value("skipped", std::uint64_t{0});
}

result<std::unique_ptr<lore_store>> lore_store::open(const fs::path& folder, lore_access access) {
  auto opened = std::make_unique<rocks_lore_store>(folder, access);
  if (auto done = opened->open(); !done) return done.error();
  return std::unique_ptr<lore_store>(std::move(opened));
}

} // namespace longwave::storage
