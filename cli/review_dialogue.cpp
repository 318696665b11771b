// Questions and answers of a review.
#include "cli/review_dialogue.hpp"

#include "cli/terminal_text.hpp"

#include <algorithm>
#include <cstdio>
#include <istream>
#include <optional>
#include <ostream>
#include <sstream>

namespace longwave::cli {

namespace {

/// A line without spaces at its ends; empty when the input is over.
std::optional<std::string> read_answer(std::istream& in) {
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  const auto from = line.find_first_not_of(" \t\r");
  if (from == std::string::npos) return std::string();
  return line.substr(from, line.find_last_not_of(" \t\r") - from + 1);
}

enum class choice { approve, reject, skip, quit };

std::optional<choice> ask_choice(std::istream& in, std::ostream& out) {
  for (;;) {
    out << "[a]pprove, [r]eject, [s]kip, [q]uit? " << std::flush;
    const auto answer = read_answer(in);
    if (!answer) return std::nullopt;
    if (*answer == "a" || *answer == "approve") return choice::approve;
    if (*answer == "r" || *answer == "reject") return choice::reject;
    if (*answer == "s" || *answer == "skip" || answer->empty()) return choice::skip;
    if (*answer == "q" || *answer == "quit") return choice::quit;
  }
}

/// Issues by name, separated by spaces or commas; asked again while one is unknown.
std::optional<std::vector<std::string>> ask_issues(std::istream& in, std::ostream& out) {
  for (;;) {
    out << "what is wrong (quality voice lore pacing format, several or none)? " << std::flush;
    auto answer = read_answer(in);
    if (!answer) return std::nullopt;
    std::replace(answer->begin(), answer->end(), ',', ' ');
    std::istringstream words(*answer);
    std::vector<std::string> issues;
    std::string word;
    bool known = true;
    while (words >> word) {
      known = known && is_review_issue(word);
      if (std::find(issues.begin(), issues.end(), word) == issues.end()) issues.push_back(word);
    }
    if (known) return issues;
  }
}

} // namespace

std::string cut_note(std::string text) {
  if (text.size() <= most_note_bytes) return text;
  auto end = most_note_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::string review_page(const review_item& item) {
  const auto& r = item.record;
  char place[160];
  std::snprintf(place, sizeof place, "segment %llu, day %d, %02d:00, slot %d, ", static_cast<unsigned long long>(r.seq),
                r.position.day, r.position.hour, r.position.slot);
  std::string page = place + terminal_line(r.type) + (item.sampled ? ", in the sample" : "") +
                     (item.continuity ? ", soon after a fork: does it fit what came before?" : "") + "\n";
  if (item.score) {
    const auto& e = *item.score;
    char score[160];
    std::snprintf(score, sizeof score, "score %.3f (voice %.3f, variety %.3f, emotion %.3f): ", e.score, e.voice,
                  e.variety, e.emotion);
    page += score + std::string(to_string(e.folder)) + "\n";
    for (const auto& issue : e.issues)
      page += "  " + terminal_line(issue.kind + ", " + issue.rule + ": " + issue.message) + "\n";
  }
  if (item.verdict) {
    page += std::string(item.verdict->approved ? "approved" : "rejected");
    for (const auto& issue : item.verdict->issues) page += " " + terminal_line(issue);
    if (!item.verdict->reviewer.empty()) page += " by " + terminal_line(item.verdict->reviewer);
    page += ", " + terminal_line(item.verdict->at) + "\n";
    if (!item.verdict->note.empty()) page += "  " + terminal_line(item.verdict->note) + "\n";
  }
  return page + "\n" + terminal_text(r.text) + "\n";
}

result<dialogue_end> hold_review(const std::vector<review_item>& items, std::istream& in, std::ostream& out,
                                 const std::function<result<void>(const review_item&, const spoken_verdict&)>& record) {
  dialogue_end end;
  std::size_t number = 0;
  for (const auto& item : items) {
    out << "\n-- " << ++number << " of " << items.size() << " --\n" << review_page(item) << "\n";
    const auto chosen = ask_choice(in, out);
    if (!chosen || *chosen == choice::quit) {
      end.quit = true;
      return end;
    }
    if (*chosen == choice::skip) {
      ++end.skipped;
      continue;
    }
    spoken_verdict said;
    said.approved = *chosen == choice::approve;
    if (!said.approved) {
      auto issues = ask_issues(in, out);
      // Half a verdict is none: what is wrong was asked and not answered.
      if (!issues) {
        end.quit = true;
        return end;
      }
      said.issues = std::move(*issues);
      out << "a note (or nothing)? " << std::flush;
      said.note = cut_note(read_answer(in).value_or(""));
    }
    if (auto kept = record(item, said); !kept) return kept.error();
    ++(said.approved ? end.approved : end.rejected);
  }
  return end;
}

} // namespace longwave::cli
