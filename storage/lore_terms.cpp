// Splitting of texts into terms.
#include "storage/lore_terms.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace longwave::storage {

namespace {

constexpr std::size_t shortest = 3;
constexpr std::size_t longest = 32;

/// In nearly every text: they find nothing.
constexpr std::array stop_words{
  std::string_view("about"), std::string_view("after"), std::string_view("all"),  std::string_view("and"),   std::string_view("are"),
  std::string_view("but"),   std::string_view("can"),   std::string_view("for"),  std::string_view("from"),  std::string_view("had"),
  std::string_view("has"),   std::string_view("have"),  std::string_view("her"),  std::string_view("his"),   std::string_view("its"),
  std::string_view("not"),   std::string_view("one"),   std::string_view("out"),  std::string_view("she"),   std::string_view("that"),
  std::string_view("the"),   std::string_view("their"), std::string_view("them"), std::string_view("then"),  std::string_view("there"),
  std::string_view("they"),  std::string_view("this"),  std::string_view("was"),  std::string_view("were"),  std::string_view("when"),
  std::string_view("which"), std::string_view("who"),   std::string_view("will"), std::string_view("with"),  std::string_view("you")};

bool part_of_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

} // namespace

std::vector<std::string> lore_terms(std::string_view text) {
  std::vector<std::string> terms;
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < text.size();) {
    if (!part_of_word(text[i])) {
      ++i;
      continue;
    }
    std::string word;
    for (; i < text.size() && part_of_word(text[i]); ++i) word += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (word.size() < shortest || word.size() > longest || std::binary_search(stop_words.begin(), stop_words.end(), std::string_view(word))) continue;
    if (seen.insert(word).second) terms.push_back(std::move(word));
  }
  return terms;
}

} // namespace longwave::storage
