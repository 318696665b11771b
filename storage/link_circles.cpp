// Depth first without recursion: a way as long as the pack needs no deep stack.
#include "storage/link_circles.hpp"

#include <algorithm>

namespace longwave::storage {

std::vector<std::size_t> find_circle(const std::vector<std::vector<std::size_t>>& to) {
  enum class mark : unsigned char { fresh, on_the_way, done };
  std::vector<mark> marks(to.size(), mark::fresh);
  std::vector<std::size_t> way, next(to.size(), 0);
  for (std::size_t start = 0; start < to.size(); ++start) {
    if (marks[start] != mark::fresh) continue;
    way.push_back(start);
    marks[start] = mark::on_the_way;
    while (!way.empty()) {
      const auto here = way.back();
      if (next[here] == to[here].size()) {
        marks[here] = mark::done;
        way.pop_back();
        continue;
      }
      const auto target = to[here][next[here]++];
      if (marks[target] == mark::on_the_way) return {std::find(way.begin(), way.end(), target), way.end()};
      if (marks[target] == mark::done) continue;
      marks[target] = mark::on_the_way;
      way.push_back(target);
    }
  }
  return {};
}

} // namespace longwave::storage
