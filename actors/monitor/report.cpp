// Counts a run's records and builds its report as JSON and as a page of Markdown.
#include "actors/monitor/report.hpp"

#include "actors/monitor/cost_view.hpp"
#include "actors/monitor/criteria.hpp"
#include "actors/monitor/drift.hpp"
#include "actors/monitor/forecast.hpp"
#include "actors/monitor/ratio.hpp"
#include "actors/monitor/review.hpp"
#include "actors/monitor/word_hashes.hpp"
#include "messages/json_controls.hpp"
#include "messages/random.hpp"
#include "messages/status.hpp"
#include "storage/output_folder.hpp"
#include "storage/record_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace longwave {

namespace {

using nlohmann::ordered_json;

/// Lists for a person end here; the counts above them are complete.
constexpr std::size_t longest_list = 200;
constexpr std::size_t variety_examples = 10;
constexpr std::size_t trend_window = 10;

// -- counting ---------------------------------------------------------------------------------------------------------

struct day_count {
  std::string date;
  std::uint64_t accepted = 0;
  std::uint64_t skipped = 0;
  std::uint64_t retried = 0;
  std::int64_t generation_ms = 0;
  std::map<std::string, std::uint64_t> types;
  /// Distinct words of the day's texts that no day before had, all its words, and the vocabulary at its end.
  std::uint64_t new_words = 0;
  std::uint64_t words = 0;
  std::uint64_t vocabulary = 0;
  std::uint64_t flagged = 0;
  std::uint64_t repeated = 0;
  std::uint64_t stories = 0;
};

/// One airing of a story, as the accepted records tell it.
struct arc_count {
  std::string line;
  int acts_total = 0;
  std::uint64_t segments = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  double incorporation = 0;
  std::set<int> acts;
};

/// Scores and a person's verdicts on the accepted texts.
struct review_count {
  bool scored = false;
  double score_sum = 0;
  std::map<std::string, std::uint64_t> folders;
  /// The last verdict on each segment; those that were given for another text are left out of the counts.
  std::map<std::uint64_t, storage::review_verdict> latest;
  std::uint64_t unreadable = 0;
  std::set<std::uint64_t> approved;
  std::set<std::uint64_t> rejected;
  std::map<std::string, std::uint64_t> by_issue;
};

struct tally {
  std::uint64_t accepted = 0;
  std::uint64_t skipped = 0;
  std::uint64_t rejected = 0;
  std::uint64_t retried = 0;
  std::uint64_t at_once = 0;
  std::uint64_t attempts = 0;
  std::uint64_t critical = 0;
  std::uint64_t flagged = 0;
  std::uint64_t repeated = 0;
  std::uint64_t characters = 0;
  std::int64_t generation_ms = 0;
  std::map<std::string, std::uint64_t> types;
  std::map<std::string, std::uint64_t> severities;
  std::map<std::string, std::uint64_t> categories;
  std::map<std::string, std::uint64_t> flags;
  std::map<int, day_count> days;
  std::map<std::string, arc_count> arcs;
  accepted_days accepted_by_day;
  review_count reviews;
  segment_drift drift;
  std::vector<std::int64_t> times;
  /// Hashes of all words, in lower case.
  std::unordered_set<std::uint64_t> vocabulary;
  ordered_json skips = ordered_json::array();
  ordered_json examples = ordered_json::array();
  ordered_json wanted_day = ordered_json::array();
};

std::uint64_t characters_of(std::string_view text) {
  return static_cast<std::uint64_t>(
    std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

/// contract 8.33: these flags are repetition, the others are not.
bool is_repetition(const std::string& flag) {
  return flag == "opening" || flag == "identical" || flag == "near_duplicate";
}

void count_vocabulary(tally& t, day_count& day, std::string_view text) {
  for_each_word_hash(text, [&](std::uint64_t word) {
    ++day.words;
    day.new_words += t.vocabulary.insert(word).second;
  });
  day.vocabulary = t.vocabulary.size();
}

void count_story(tally& t, const segment_record& r) {
  if (!r.story || r.status != record_status::accepted) return;
  auto& arc = t.arcs[r.story->id];
  if (arc.segments == 0) arc.first = r.seq;
  arc.line = to_string(r.story->line);
  arc.acts_total = r.story->acts_total;
  arc.incorporation += r.story->incorporation;
  arc.last = r.seq;
  arc.acts.insert(r.story->act);
  ++arc.segments;
}

void count_variety(tally& t, const segment_record& r) {
  const auto& flags = r.variety.flags;
  for (const auto& flag : flags) ++t.flags[flag];
  t.flagged += !flags.empty();
  t.repeated += std::any_of(flags.begin(), flags.end(), is_repetition);
  if (!flags.empty() && t.examples.size() < variety_examples)
    t.examples.push_back({{"seq", r.seq}, {"flags", flags}, {"opening", r.variety.opening}});
}

void count_skip(tally& t, const segment_record& r) {
  t.rejected += !r.attempt_outcomes.empty() && r.attempt_outcomes.back() == "rejected";
  if (t.skips.size() >= longest_list) return;
  t.skips.push_back({{"seq", r.seq},
                     {"type", r.type},
                     {"day", r.position.day},
                     {"hour", r.position.hour},
                     {"reason", r.skip_reason},
                     {"attempts", r.attempt_outcomes}});
}

void count_review(review_count& c, const segment_record& r) {
  if (c.scored) {
    const auto e = engagement_of(r);
    c.score_sum += e.score;
    ++c.folders[std::string(to_string(e.folder))];
  }
  const auto at = c.latest.find(r.seq);
  if (at == c.latest.end() || at->second.hash != r.hash) return;
  (at->second.approved ? c.approved : c.rejected).insert(r.seq);
  for (const auto& issue : at->second.issues) ++c.by_issue[issue];
}

void count_record(tally& t, const segment_record& r) {
  const bool accepted = r.status == record_status::accepted;
  const bool retried = accepted ? r.attempts > 1 : !r.attempt_outcomes.empty();
  auto& day = t.days[r.position.day];
  day.date = r.position.broadcast_date;
  (accepted ? day.accepted : day.skipped) += 1;
  (accepted ? t.accepted : t.skipped) += 1;
  day.retried += retried;
  t.retried += retried;
  t.at_once += accepted && r.attempt_outcomes.empty();
  t.attempts += static_cast<std::uint64_t>(std::max(r.attempts, 0));
  t.characters += characters_of(r.text);
  for (const auto& v : r.violations) {
    ++t.severities[std::string(to_string(v.level))];
    ++t.categories[v.category];
    t.critical += accepted && v.level == severity::critical;
  }
  count_vocabulary(t, day, r.text);
  t.drift.add(r);
  day.flagged += !r.variety.flags.empty();
  day.repeated += std::any_of(r.variety.flags.begin(), r.variety.flags.end(), is_repetition);
  day.stories += accepted && r.story.has_value();
  count_variety(t, r);
  count_story(t, r);
  if (!accepted) return count_skip(t, r);
  ++t.types[r.type];
  ++day.types[r.type];
  day.generation_ms += r.generation_ms;
  t.generation_ms += r.generation_ms;
  t.times.push_back(r.generation_ms);
  count_review(t.reviews, r);
  t.accepted_by_day[r.position.day].push_back(r.seq);
}

result<tally> count_records(const storage::store& store, const std::string& run, std::uint64_t to,
                            std::optional<int> day, review_count reviews, bool validated) {
  tally t;
  t.drift = segment_drift(validated);
  t.reviews = std::move(reviews);
  auto read = storage::for_each_record(store, run, 1, to, [&](const segment_record& record, const std::string&) {
    count_record(t, record);
    if (day && record.position.day == *day)
      t.wanted_day.push_back({{"seq", record.seq},
                              {"hour", record.position.hour},
                              {"slot", record.position.slot},
                              {"type", record.type},
                              {"status", to_string(record.status)},
                              {"attempts", record.attempts}});
    return ok();
  });
  if (!read) return read.error();
  return t;
}

// -- numbers ----------------------------------------------------------------------------------------------------------

double rounded(double value, double places) { return std::round(value * places) / places; }

ordered_json mean(double sum, std::uint64_t count) {
  if (count == 0) return nullptr;
  return rounded(sum / static_cast<double>(count), 1'000);
}

bool has_ended(const std::string& state) { return state == "completed" || state == "aborted" || state == "failed"; }

/// Pieces of state whose names begin with `prefix`, by the rest of their names.
std::map<std::string, const nlohmann::json*> pieces_under(const storage::loaded_run& run, std::string_view prefix) {
  std::map<std::string, const nlohmann::json*> found;
  for (const auto& [name, piece] : run.state)
    if (name.rfind(prefix, 0) == 0 && piece.is_object()) found[name.substr(prefix.size())] = &piece;
  return found;
}

run_counters counters_of(const storage::loaded_run& run) {
  const auto at = run.state.find("counters");
  if (at == run.state.end()) return {};
  try {
    return at->second.get<run_counters>();
  } catch (const nlohmann::json::exception&) {
    return {}; // only sums of usage come from here; the counts are made from the records
  }
}

usage_ledger ledger_of(const storage::loaded_run& run) {
  const auto at = run.state.find("usage");
  if (at == run.state.end()) return {};
  try {
    return at->second.get<usage_ledger>();
  } catch (const nlohmann::json::exception&) {
    return {}; // a run of before the ledger: its cost is not known
  }
}

run_numbers numbers_of(const storage::loaded_run& run, const tally& t) {
  run_numbers n;
  const auto& config = run.config;
  n.planned = config.planned_segments();
  n.accepted = t.accepted;
  n.skipped = t.skipped;
  if (config.validation_enabled || t.critical > 0) n.critical = t.critical;
  n.crashes = run.head.state == "failed" ? 1 : 0;
  if (config.validation_enabled) {
    n.passed = t.accepted;
    n.evaluated = t.accepted + t.rejected;
  }
  n.repeated = t.repeated;
  if (const auto at = run.state.find("stories"); at != run.state.end() && at->second.is_object()) {
    n.arcs_completed = at->second.value("completed", std::uint64_t{0});
    n.arcs_abandoned = at->second.value("abandoned", std::uint64_t{0});
    // A story that is still being told is due when the run is over, and not before.
    if (has_ended(run.head.state)) n.arcs_due = pieces_under(run, "story/").size();
  }
  if (const auto at = run.state.find("lore"); at != run.state.end() && at->second.is_object()) {
    n.cache_hits = at->second.value("hits", std::uint64_t{0});
    n.cache_misses = at->second.value("misses", std::uint64_t{0});
  }
  if (config.kind == run_kind::broadcast) n.hours = static_cast<double>(run.head.elapsed_ms) / 3'600'000.0;
  n.planned_hours = config.duration_hours;
  return n;
}

/// The retrieval cache of a run with a catalogue; null without one.
ordered_json cache_json(const storage::loaded_run& run) {
  const auto at = run.state.find("lore");
  if (at == run.state.end() || !at->second.is_object()) return nullptr;
  const auto count = [&](const char* name) { return at->second.value(name, std::uint64_t{0}); };
  const auto hits = count("hits"), asked = hits + count("misses");
  ordered_json j = {{"lookups", asked}, {"hits", hits}, {"misses", count("misses")}, {"near_hits", count("near_hits")}, {"evictions", count("evictions")}};
  j["hit_rate"] = shown_ratio(hits, asked);
  return j;
}

/// Counts stay whole numbers; rates and hours have four decimals.
ordered_json number_or_null(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (*value == std::floor(*value) && std::abs(*value) < 1e15) return static_cast<std::int64_t>(*value);
  return rounded(*value, 10'000);
}

ordered_json criteria_json(const std::vector<criterion>& table) {
  ordered_json list = ordered_json::array();
  for (const auto& c : table)
    list.push_back({{"name", c.name},
                    {"tier", to_string(c.tier)},
                    {"value", number_or_null(c.value)},
                    {"target", number_or_null(c.target)},
                    {"abort_if", number_or_null(c.abort_if)},
                    {"met", c.met},
                    {"aborts", c.aborts}});
  return list;
}

ordered_json usage_json(const run_counters& c) {
  const bool known = c.usage_known > 0;
  ordered_json u;
  u["input_tokens"] = known ? ordered_json(c.input_tokens) : ordered_json(nullptr);
  u["output_tokens"] = known ? ordered_json(c.output_tokens) : ordered_json(nullptr);
  u["total_tokens"] = known ? ordered_json(c.input_tokens + c.output_tokens) : ordered_json(nullptr);
  u["missing"] = c.usage_missing;
  return u;
}

ordered_json totals_json(const storage::loaded_run& run, const tally& t, const run_numbers& n) {
  const auto c = counters_of(run);
  const auto happened = [&](const char* name) { return run.head.totals.value(name, std::uint64_t{0}); };
  const auto tokens = static_cast<double>(c.input_tokens + c.output_tokens);
  ordered_json totals;
  totals["segments_planned"] = n.planned ? ordered_json(*n.planned) : ordered_json(nullptr);
  totals["segments_done"] = t.accepted + t.skipped;
  totals["segments_accepted"] = t.accepted;
  totals["segments_skipped"] = t.skipped;
  totals["segments_retried"] = t.retried;
  totals["attempts"] = std::max(c.attempts, t.attempts);
  totals["discarded_drafts"] = c.discarded_drafts;
  totals["evaluated"] = n.evaluated;
  totals["passed"] = n.passed;
  totals["first_attempt_pass_rate"] = shown_ratio(n.evaluated == 0 ? 0 : t.at_once, n.evaluated);
  totals["reviewed"] = t.reviews.approved.size() + t.reviews.rejected.size();
  totals["review_approved"] = t.reviews.approved.size();
  totals["review_rejected"] = t.reviews.rejected.size();
  totals["pauses"] = happened("pauses");
  totals["stops"] = happened("stops");
  // A run goes on after a pause, and with --resume after a stop.
  totals["resumes"] = happened("resumes") + happened("starts_again");
  totals["recoveries"] = happened("recoveries");
  totals["elapsed_s"] = static_cast<double>(run.head.elapsed_ms) / 1'000.0;
  totals["mean_segment_s"] = mean(static_cast<double>(run.head.elapsed_ms) / 1'000.0, t.accepted + t.skipped);
  totals["mean_generation_s"] = mean(static_cast<double>(t.generation_ms) / 1'000.0, t.accepted);
  totals["characters"] = t.characters;
  const auto ledger = ledger_of(run);
  totals["usage"] = usage_json(c);
  add_ledger(totals["usage"], ledger);
  totals["cost"] = cost_view(ledger, run.config.prices,
                             {t.accepted + t.skipped, t.accepted, n.planned, {run.config.budget, run.config.budget_tokens}});
  totals["mean_tokens"] = mean(tokens, c.usage_known);
  return totals;
}

// -- parts ------------------------------------------------------------------------------------------------------------

/// The scores' folders, and how far a person has read.
ordered_json review_json(const tally& t, const std::vector<std::uint64_t>& sample, const storage::run_head& head) {
  const auto& c = t.reviews;
  ordered_json folders = ordered_json::object();
  for (const auto* name : {"approved", "review", "rejected"}) {
    const auto at = c.folders.find(name);
    folders[name] = at == c.folders.end() ? 0 : at->second;
  }
  std::uint64_t read = 0, approved = 0;
  for (const auto seq : sample) {
    approved += c.approved.contains(seq);
    read += c.approved.contains(seq) || c.rejected.contains(seq);
  }
  std::vector<std::uint64_t> rejected(c.rejected.begin(), c.rejected.end());
  rejected.resize(std::min(rejected.size(), longest_list));
  std::vector<std::uint64_t> continuity;
  for (const auto& [day, seqs] : t.accepted_by_day)
    std::copy_if(seqs.begin(), seqs.end(), std::back_inserter(continuity), [&](auto seq) { return is_behind_fork(head, seq); });
  return {{"engagement_mean", c.scored ? mean(c.score_sum, t.accepted) : ordered_json(nullptr)},
          {"folders", c.scored ? folders : ordered_json(nullptr)},
          {"sample", sample.size()},
          {"sample_reviewed", read},
          {"sample_approved", approved},
          {"approved", c.approved.size()},
          {"rejected", c.rejected.size()},
          {"by_issue", c.by_issue},
          {"rejected_segments", rejected},
          {"continuity", continuity},
          {"unreadable_lines", c.unreadable}};
}

ordered_json days_json(const tally& t, std::optional<int> wanted) {
  ordered_json days = ordered_json::array();
  for (const auto& [number, d] : t.days) {
    if (wanted && *wanted != number) continue;
    days.push_back({{"day", number},
                    {"date", d.date.empty() ? ordered_json(nullptr) : ordered_json(d.date)},
                    {"accepted", d.accepted},
                    {"skipped", d.skipped},
                    {"retried", d.retried},
                    {"mean_generation_s", mean(static_cast<double>(d.generation_ms) / 1'000.0, d.accepted)},
                    {"story_segments", d.stories},
                    {"words", d.words},
                    {"new_words", d.new_words},
                    {"vocabulary", d.vocabulary},
                    {"flagged", d.flagged},
                    {"repeated", d.repeated},
                    {"types", d.types}});
  }
  return days;
}

/// "completed" or "abandoned" of a story that has ended; empty when the state does not know it.
std::string ended_as(const std::map<std::string, const nlohmann::json*>& archive, const std::string& id) {
  const auto at = archive.find(id);
  if (at == archive.end()) return {};
  const auto status = at->second->find("status");
  return status != at->second->end() && status->is_string() ? status->get<std::string>() : std::string();
}

/// The story that this one grew from, by its id; null for a story of the pack.
ordered_json escalated_from(const std::string& id) {
  const auto mark = id.rfind("_escalated_");
  return mark == std::string::npos ? ordered_json(nullptr) : ordered_json(id.substr(0, mark));
}

/// Ids of the earlier stories that this one referred back to.
ordered_json callbacks_of(const std::map<std::string, const nlohmann::json*>& active,
                  const std::map<std::string, const nlohmann::json*>& archive, const std::string& id) {
  ordered_json list = ordered_json::array();
  for (const auto* pieces : {&active, &archive}) {
    const auto at = pieces->find(id);
    if (at == pieces->end() || !at->second->contains("callbacks")) continue;
    for (const auto& c : at->second->at("callbacks")) list.push_back(c.at(1).get<std::string>());
  }
  return list;
}

ordered_json stories_json(const storage::loaded_run& run, const tally& t) {
  const auto active = pieces_under(run, "story/");
  const auto archive = pieces_under(run, "aired/");
  ordered_json list = ordered_json::array();
  for (const auto& [id, arc] : t.arcs) {
    std::string status = ended_as(archive, id);
    if (status.empty() && active.contains(id)) status = "active";
    // Old endings leave the state in long runs; a story that has aired its last act was told to its end.
    if (status.empty()) status = arc.acts.contains(arc.acts_total) ? "completed" : "abandoned";
    list.push_back({{"id", id},
                    {"timeline", arc.line},
                    {"acts_aired", arc.acts.size()},
                    {"acts_total", arc.acts_total},
                    {"segments", arc.segments},
                    {"first", arc.first},
                    {"last", arc.last},
                    {"incorporation", mean(arc.incorporation, arc.segments)},
                    {"escalated_from", escalated_from(id)},
                    {"callbacks", callbacks_of(active, archive, id)},
                    {"status", status}});
  }
  return list;
}

ordered_json variety_json(const tally& t) {
  return {{"flagged", t.flagged},
          {"repeated", t.repeated},
          {"flag_rate", shown_ratio(t.repeated, t.accepted)},
          {"by_flag", t.flags},
          {"examples", t.examples}};
}

/// How the language developed: words that were new, in the first and the last days, what repeats, and the last window of
/// the run against its first.
ordered_json drift_json(const tally& t) {
  ordered_json j{{"vocabulary", t.vocabulary.size()}};
  const auto share = [&](auto from, auto to) {
    std::uint64_t words = 0, fresh = 0;
    for (; from != to; ++from) {
      words += from->second.words;
      fresh += from->second.new_words;
    }
    return shown_ratio(fresh, words);
  };
  // A third of the run each, so that a pilot has figures too; the first day is all new.
  const auto third = static_cast<std::ptrdiff_t>(t.days.size() / 3);
  const bool long_enough = third >= 1;
  j["novelty_first_third"] = long_enough ? share(t.days.begin(), std::next(t.days.begin(), third)) : ordered_json(nullptr);
  j["novelty_last_third"] = long_enough ? share(std::prev(t.days.end(), third), t.days.end()) : ordered_json(nullptr);
  j["phrase_reuse"] = shown_ratio(t.repeated, t.accepted);
  j["rolling"] = drift_view(t.drift, segment_trend{});
  return j;
}

ordered_json percent_left(std::uint64_t left, std::uint64_t initial) {
  if (initial == 0) return nullptr;
  return std::round(1'000.0 * static_cast<double>(left) / static_cast<double>(initial)) / 10;
}

/// What was left of each pool at the last beat; null for a run without stories.
ordered_json pools_json(const storage::loaded_run& run) {
  const auto at = run.state.find("stories");
  if (at == run.state.end() || !at->second.is_object() || !at->second.contains("pools")) return nullptr;
  ordered_json list = ordered_json::array();
  for (const auto& line : all_timelines) {
    const auto& p = at->second.at("pools").at(std::string(to_string(line)));
    const auto left = p.at(0).get<std::uint64_t>(), initial = p.at(1).get<std::uint64_t>();
    list.push_back({{"pool", to_string(line)},
                    {"remaining", left},
                    {"initial", initial},
                    {"pct", percent_left(left, initial)},
                    {"acts_remaining", p.at(2)}});
  }
  return list;
}

ordered_json forecast_json(const storage::loaded_run& run, const tally& t, const ordered_json& pools) {
  const auto done = t.accepted + t.skipped;
  if (has_ended(run.head.state) || run.config.kind != run_kind::broadcast) return nullptr;
  forecast_input in;
  in.done = done;
  in.planned = run.config.planned_segments();
  in.arcs_completed = numbers_of(run, t).arcs_completed;
  in.arcs_active = pieces_under(run, "story/").size();
  if (pools.is_array())
    for (const auto& p : pools)
      in.pools.push_back({p["pool"].get<std::string>(), p["remaining"].get<std::size_t>(), p["initial"].get<std::size_t>()});
  if (done > 0) in.mean_ms = static_cast<double>(run.head.elapsed_ms) / static_cast<double>(done);
  return forecast(in);
}

ordered_json performance_json(const tally& t) {
  const auto window = [&](std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += static_cast<double>(t.times[i]) / 1'000.0;
    return mean(sum, to - from);
  };
  const auto size = std::min(trend_window, t.times.size());
  return {{"first_mean_s", window(0, size)},
          {"last_mean_s", window(t.times.size() - size, t.times.size())},
          {"window", size}};
}

/// What a person should read, or has found.
void recommend_review(ordered_json& list, const ordered_json& review) {
  const auto left = review["sample"].get<std::size_t>() - review["sample_reviewed"].get<std::size_t>();
  if (left > 0)
    list.push_back("Have a person read the segments of the review sample: " + std::to_string(left) +
                   " are left (`longwave review`).");
  if (review["rejected"].get<std::size_t>() > 0)
    list.push_back("A person rejected segments: keep them off the air.");
  if (review["folders"].is_object() && review["folders"]["rejected"].get<std::size_t>() > 0)
    list.push_back("Some segments score below the line of the review folders: read those below review/rejected.");
}

ordered_json recommendations(const storage::loaded_run& run, const tally& t, const std::vector<criterion>& table,
                     const ordered_json& review) {
  ordered_json list = ordered_json::array();
  const auto planned = run.config.planned_segments();
  if (!has_ended(run.head.state)) list.push_back("The run is not finished: go on with --resume, then judge it.");
  for (const auto& c : table) {
    if (c.met) continue;
    if (c.name == "segments_generated" && planned && t.accepted + t.skipped >= *planned)
      list.push_back("Too few segments were accepted: look at the skipped ones with `longwave why`, try them again "
                     "with `longwave retry`.");
    if (c.name == "critical_violations")
      list.push_back("Critical violations are in the accepted texts: do not broadcast these segments.");
    if (c.name == "unrecoverable_crashes")
      list.push_back("The run failed: read logs/longwave.log, then `longwave verify`.");
    if (c.name == "validation_pass_rate")
      list.push_back("Many drafts fail validation: see the violations by category.");
    if (c.name == "repetition_rate") list.push_back("Texts repeat themselves: read the flagged segments.");
    if (c.name == "arcs_resolved") list.push_back("Stories did not come to their end: see the table of stories.");
    if (c.name == "total_hours") list.push_back("The run took longer than planned: see the performance figures.");
  }
  recommend_review(list, review);
  return list;
}

} // namespace

result<ordered_json> build_report(const storage::store& store, const std::string& run, std::optional<int> day,
                          const storage::review_file& reviews) {
  auto loaded = store.load(run);
  if (!loaded) return loaded.error();
  const auto& r = loaded.value();
  review_count verdicts;
  verdicts.scored = is_scored(r.config);
  verdicts.latest = reviews.latest(run);
  verdicts.unreadable = reviews.unreadable;
  auto counted = count_records(store, run, r.head.seq, day, std::move(verdicts), r.config.validation_enabled);
  if (!counted) return counted.error();
  const auto& t = counted.value();
  try {
    const auto numbers = numbers_of(r, t);
    const auto table = judge_criteria(numbers);
    ordered_json report;
    report["run_id"] = run;
    report["verdict"] = to_string(verdict_from(table));
    report["criteria"] = criteria_json(table);
    report["totals"] = totals_json(r, t, numbers);
    const auto sample = review_sample(r.config, t.accepted_by_day);
    report["review_sample"] = sample;
    report["kind"] = to_string(r.config.kind);
    report["state"] = r.head.state;
    report["state_reason"] = r.head.state_reason.empty() ? ordered_json(nullptr) : ordered_json(r.head.state_reason);
    report["finished"] = has_ended(r.head.state);
    report["dj"] = r.config.dj.empty() ? ordered_json(nullptr) : ordered_json(r.config.dj);
    report["seed"] = r.config.seed;
    report["backend"] = r.config.backend;
    report["model"] = r.config.model.empty() ? ordered_json(nullptr) : ordered_json(r.config.model);
    report["started_at"] = r.head.started_at.empty() ? ordered_json(nullptr) : ordered_json(r.head.started_at);
    report["types"] = t.types;
    report["days"] = days_json(t, day);
    if (day) report["segments_of_day"] = t.wanted_day;
    report["violations"] = {{"by_severity", t.severities}, {"by_category", t.categories}};
    report["skipped"] = t.skips;
    report["variety"] = variety_json(t);
    report["stories"] = stories_json(r, t);
    report["pools"] = pools_json(r);
    report["cache"] = cache_json(r);
    report["drift"] = drift_json(t);
    report["forecast"] = forecast_json(r, t, report["pools"]);
    report["performance"] = performance_json(t);
    report["review"] = review_json(t, sample, r.head);
    report["recommendations"] = recommendations(r, t, table, report["review"]);
    return report;
  } catch (const nlohmann::json::exception& e) {
    return failure{error_code::store_damaged, "cannot make the report of run " + run, e.what(),
                   "see what is sound with `longwave verify`"};
  }
}

std::string verdict_of(const ordered_json& report) {
  const auto at = report.find("verdict");
  return at != report.end() && at->is_string() ? at->get<std::string>() : "INVALID";
}

result<void> write_report(const storage::store& store, const std::string& run, const std::filesystem::path& folder,
                          storage::file_calls& calls) {
  // A file of verdicts that cannot be read does not keep a run from its report.
  const auto reviews = storage::read_reviews(folder);
  auto report = build_report(store, run, std::nullopt, reviews ? reviews.value() : storage::review_file{});
  if (!report) return report.error();
  auto written = storage::write_file_atomically(calls, folder / "report.json", controlless_json(report.value(), 2) + "\n", true);
  if (!written) return written;
  return storage::write_file_atomically(calls, folder / "report.md", report_markdown(report.value()), true);
}

} // namespace longwave
