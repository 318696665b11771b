// The ring of remembered segments.
#include "actors/scheduler/session_memory.hpp"

#include "messages/json_text.hpp"
#include "messages/passage_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::size_t kept_topics = 4;
constexpr std::size_t hinted_topics = 5;
constexpr std::size_t opening_words = 6;
constexpr std::string_view prefix = "memory/";

std::string name_of(std::size_t place) { return std::string(prefix) + std::to_string(place); }

/// First six words in lower case without ASCII punctuation; used only where the validator left no mark.
std::string opening_of(std::string_view text) {
  std::string out, word;
  std::size_t words = 0;
  const auto close_word = [&] {
    if (word.empty()) return;
    if (words++ > 0) out += ' ';
    out += word;
    word.clear();
  };
  for (unsigned char c : text) {
    if (std::isspace(c)) {
      close_word();
      if (words == opening_words) return out;
    } else if (!std::ispunct(c)) {
      word += static_cast<char>(std::tolower(c));
    }
  }
  close_word();
  return out;
}

std::string excerpt_of(const segment_plan& plan, segment_type type, std::string_view text) {
  std::string name(to_string(type));
  std::replace(name.begin(), name.end(), '_', ' ');
  char when[48];
  std::snprintf(when, sizeof when, "day %d, %02d:00, ", plan.position.day, plan.position.hour);
  auto line = passage_text(text, session_memory::excerpt_bytes);
  if (text.size() > session_memory::excerpt_bytes) line += " ...";
  return when + name + ": " + line;
}

std::vector<std::string> topics_of(const segment_plan& plan, const variety_mark* mark) {
  std::vector<std::string> out;
  if (plan.gossip) out.push_back(plan.gossip->subject);
  if (plan.news) out.push_back(plan.news->subject);
  if (plan.beat) out.push_back(plan.beat->title);
  if (mark) {
    for (const auto& t : mark->topics) {
      if (out.size() >= kept_topics) break;
      out.push_back(t);
    }
  }
  return out;
}

} // namespace

std::string session_memory::remember(const segment_plan& plan, segment_type type, const std::string* text,
                                     const variety_mark* mark, bool excerpt) {
  const std::size_t place = plan.seq % capacity;
  memory& m = ring_[place];
  m.seq = plan.seq;
  m.type = type;
  m.opening = mark && !mark->opening.empty() ? mark->opening : text ? opening_of(*text) : std::string();
  m.topics = topics_of(plan, mark);
  m.structure = mark && !mark->structure.empty() ? mark->structure : plan.structure;
  m.excerpt = excerpt && text ? excerpt_of(plan, type, *text) : std::string();
  return name_of(place);
}

std::vector<std::string> session_memory::excerpts() const {
  std::vector<std::string> out;
  for (const memory* m : newest_first()) {
    if (out.size() == told_excerpts) break;
    if (!m->excerpt.empty()) out.push_back(m->excerpt);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<const session_memory::memory*> session_memory::newest_first() const {
  std::vector<const memory*> out;
  out.reserve(capacity);
  for (const auto& m : ring_) {
    if (m.seq != 0) out.push_back(&m);
  }
  std::sort(out.begin(), out.end(), [](const memory* a, const memory* b) { return a->seq > b->seq; });
  return out;
}

std::vector<std::string> session_memory::recent_openings() const {
  std::vector<std::string> out;
  for (const memory* m : newest_first()) {
    if (!m->opening.empty()) out.push_back(m->opening);
  }
  return out;
}

std::vector<std::string> session_memory::recent_topics() const {
  std::vector<std::string> out;
  for (const memory* m : newest_first()) {
    for (const auto& t : m->topics) {
      if (out.size() >= hinted_topics) return out;
      if (std::find(out.begin(), out.end(), t) == out.end()) out.push_back(t);
    }
  }
  return out;
}

std::vector<std::string> session_memory::piece_names() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < capacity; ++i) {
    if (ring_[i].seq != 0) out.push_back(name_of(i));
  }
  return out;
}

void session_memory::append_json(std::string& out, const memory& m) {
  json_writer w(out);
  w.begin_object();
  if (!m.excerpt.empty()) w.name("excerpt").text(m.excerpt);
  w.name("opening").text(m.opening).name("seq").number(m.seq).name("structure").text(m.structure);
  w.name("topics").texts(m.topics).name("type").text(to_string(m.type)).end_object();
}

void session_memory::append_piece(std::string& out, std::string_view name) const {
  for (std::size_t i = 0; i < capacity; ++i) {
    if (ring_[i].seq != 0 && name == name_of(i)) return append_json(out, ring_[i]);
  }
  out += "null";
}

json session_memory::piece(const std::string& name) const {
  std::string text;
  append_piece(text, name);
  return json::parse(text);
}

void session_memory::load(const std::string&, const json& piece) {
  memory m;
  piece.at("seq").get_to(m.seq);
  m.type = parse_segment_type(piece.at("type").get<std::string>()).value_or(segment_type::gossip);
  piece.at("opening").get_to(m.opening);
  piece.at("topics").get_to(m.topics);
  piece.at("structure").get_to(m.structure);
  if (const auto at = piece.find("excerpt"); at != piece.end()) at->get_to(m.excerpt);
  ring_[m.seq % capacity] = m;
}

json session_memory::view() const {
  json out = json::array();
  const auto memories = newest_first();
  for (auto at = memories.rbegin(); at != memories.rend(); ++at) {
    std::string text;
    append_json(text, **at);
    out.push_back(json::parse(text));
  }
  return out;
}

} // namespace longwave
