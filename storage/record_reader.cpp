// The usual record by simdjson; what is unusual about one is left to the library that wrote the documents' rules.
#include "storage/record_reader.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace longwave::storage {

namespace {

using simdjson::dom::element;

/// Reads fields of one object. Remembers that anything was missing or of another type: then the record is read anew, slowly.
class fields {
public:
  fields(const element& object, bool& sound) : object_(object), sound_(sound) {}

  void text(const char* name, std::string& into) const { text(object_[name], into); }
  void text_if_any(const char* name, std::string& into) const {
    if (const auto value = object_[name]; value.error() != simdjson::NO_SUCH_FIELD) text(value, into);
  }
  template <class T>
  void number(const char* name, T& into) const {
    std::int64_t value = 0;
    if (object_[name].get(value) != simdjson::SUCCESS || value < 0 ||
        static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
      return fail();
    into = static_cast<T>(value);
  }
  void fraction(const char* name, double& into) const {
    if (object_[name].get(into) != simdjson::SUCCESS) fail();
  }
  void texts(const char* name, std::vector<std::string>& into) const { texts(object_[name], into); }
  void texts_if_any(const char* name, std::vector<std::string>& into) const {
    if (const auto value = object_[name]; value.error() != simdjson::NO_SUCH_FIELD) texts(value, into);
  }
  /// The field as an object or nothing where it is null.
  std::optional<element> part(const char* name) const {
    element value;
    if (object_[name].get(value) != simdjson::SUCCESS) return fail(), std::nullopt;
    if (value.is_null()) return std::nullopt;
    return value;
  }
  std::optional<std::uint64_t> count_or_null(const char* name) const {
    const auto value = part(name);
    std::uint64_t count = 0;
    if (!value) return std::nullopt;
    if (value->get(count) != simdjson::SUCCESS) return fail(), std::nullopt;
    return count;
  }
  void fail() const { sound_ = false; }

private:
  void text(const simdjson::simdjson_result<element>& value, std::string& into) const {
    std::string_view bytes;
    if (value.get(bytes) != simdjson::SUCCESS) return fail();
    into.assign(bytes);
  }
  void texts(const simdjson::simdjson_result<element>& value, std::vector<std::string>& into) const {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return fail();
    for (const auto entry : list) text(simdjson::simdjson_result<element>(element(entry)), into.emplace_back());
  }

  const element& object_;
  bool& sound_;
};

std::optional<severity> severity_named(std::string_view name) {
  for (const auto level : {severity::critical, severity::quality, severity::warning})
    if (to_string(level) == name) return level;
  return std::nullopt;
}

void read_violations(const fields& record, std::vector<violation>& into, bool& sound) {
  const auto list = record.part("violations");
  simdjson::dom::array entries;
  if (!list || list->get(entries) != simdjson::SUCCESS) return record.fail();
  for (const auto entry : entries) {
    const fields f(entry, sound);
    auto& v = into.emplace_back();
    std::string level;
    f.text("rule", v.rule);
    f.text("category", v.category);
    f.text("severity", level);
    f.text("message", v.message);
    f.text("evidence", v.evidence);
    if (const auto known = severity_named(level)) v.level = *known;
    else f.fail();
  }
}

void read_variety(const fields& record, variety_mark& into, bool& sound) {
  const auto mark = record.part("variety");
  if (!mark) return record.fail();
  const fields f(*mark, sound);
  f.text("opening", into.opening);
  f.texts("topics", into.topics);
  f.text("structure", into.structure);
  f.texts("flags", into.flags);
  f.texts_if_any("catchphrases", into.catchphrases);
}

void read_story(const fields& record, std::optional<story_mark>& into, bool& sound) {
  const auto story = record.part("story");
  if (!story) return;
  const fields f(*story, sound);
  auto& mark = into.emplace();
  std::string line;
  f.text("id", mark.id);
  f.text("timeline", line);
  f.number("act", mark.act);
  f.number("acts_total", mark.acts_total);
  f.fraction("incorporation", mark.incorporation);
  const auto known = std::find_if(std::begin(all_timelines), std::end(all_timelines),
                                  [&](timeline t) { return to_string(t) == line; });
  if (known == std::end(all_timelines)) return f.fail();
  mark.line = *known;
}

/// @return nothing when the record is not of the usual form
std::optional<segment_record> usual_record(const element& document) {
  bool sound = document.is_object();
  if (!sound) return std::nullopt;
  const fields f(document, sound);
  segment_record r;
  std::string status;
  f.number("seq", r.seq);
  f.text("run_id", r.run_id);
  f.text("status", status);
  f.text("type", r.type);
  f.number("day", r.position.day);
  f.number("hour", r.position.hour);
  f.number("slot", r.position.slot);
  f.text("broadcast_date", r.position.broadcast_date);
  f.text("text", r.text);
  f.number("attempts", r.attempts);
  read_violations(f, r.violations, sound);
  read_variety(f, r.variety, sound);
  read_story(f, r.story, sound);
  if (const auto usage = f.part("usage")) {
    const fields u(*usage, sound);
    r.usage = token_usage{u.count_or_null("input_tokens"), u.count_or_null("output_tokens")};
  }
  f.text_if_any("skip_reason", r.skip_reason);
  f.texts_if_any("attempt_outcomes", r.attempt_outcomes);
  f.text_if_any("title", r.title);
  f.text_if_any("template_id", r.template_id);
  f.text_if_any("file_stem", r.file_stem);
  f.number("generation_ms", r.generation_ms);
  f.text("accepted_at", r.accepted_at);
  f.text("hash", r.hash);
  f.text("prev_hash", r.prev_hash);
  if (status != "accepted" && status != "skipped") return std::nullopt;
  r.status = status == "accepted" ? record_status::accepted : record_status::skipped;
  if (!sound) return std::nullopt;
  return r;
}

} // namespace

struct record_reader::parts {
  simdjson::dom::parser parser;
};

record_reader::record_reader() : parts_(std::make_unique<parts>()) {}
record_reader::~record_reader() = default;
record_reader::record_reader(record_reader&&) noexcept = default;
record_reader& record_reader::operator=(record_reader&&) noexcept = default;

result<segment_record> record_reader::read(std::string_view line) {
  element document;
  if (parts_->parser.parse(line.data(), line.size(), true).get(document) == simdjson::SUCCESS)
    if (auto record = usual_record(document)) return std::move(*record);
  try {
    return nlohmann::json::parse(line).get<segment_record>();
  } catch (const nlohmann::json::exception& e) {
    return failure{error_code::store_damaged, "cannot read a segment record", e.what(),
                   "see what is sound with `longwave verify`, save it with `longwave repair`"};
  }
}

namespace {

failure at_segment(failure why, const std::string& run, std::uint64_t seq) {
  why.what = "cannot read segment " + std::to_string(seq) + " of run " + run;
  return why;
}

} // namespace

result<void> for_each_record(const store& from_store, const std::string& run, std::uint64_t from, std::uint64_t to,
                             const record_visitor& each) {
  std::optional<failure> failed;
  record_reader reader;
  auto read = from_store.segments(run, from, to, [&](std::uint64_t seq, const std::string& line) {
    const auto record = reader.read(line);
    if (!record) failed = at_segment(record.error(), run, seq);
    else if (auto done = each(record.value(), line); !done) failed = done.error();
    return !failed;
  });
  if (!read) return read.error();
  if (failed) return *failed;
  return ok();
}

result<segment_record> read_record(const store& from_store, const std::string& run, std::uint64_t seq) {
  const auto line = from_store.segment_line(run, seq);
  if (!line) return line.error();
  auto record = record_reader().read(line.value());
  if (!record) return at_segment(record.error(), run, seq);
  return record;
}

} // namespace longwave::storage
