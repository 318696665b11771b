// Duplicates by a map, circles by strongly connected components (Tarjan, without recursion).
#include "actors/scheduler/lore_links.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace longwave {

namespace {

constexpr std::size_t longest_way_shown = 6;

/// Who calls back to whom: places in the list.
std::vector<std::vector<std::size_t>> link(const std::vector<lore_record>& records) {
  std::unordered_map<std::string_view, std::size_t> by_id, by_title;
  for (std::size_t i = 0; i < records.size(); ++i) {
    by_id.emplace(records[i].id, i);
    by_title.emplace(records[i].title, i);
  }
  std::vector<std::vector<std::size_t>> to(records.size());
  for (std::size_t i = 0; i < records.size(); ++i)
    for (const auto& name : records[i].callbacks) {
      if (const auto at = by_id.find(name); at != by_id.end())
        to[i].push_back(at->second);
      else if (const auto titled = by_title.find(name); titled != by_title.end() && records[titled->second].title != records[i].title)
        to[i].push_back(titled->second); // another chunk of its own title is no callback
    }
  return to;
}

class component_search {
public:
  explicit component_search(const std::vector<std::vector<std::size_t>>& to)
    : to_(to), index_(to.size(), 0), low_(to.size(), 0), open_(to.size(), false) {}

  /// Components with a circle in them.
  std::vector<std::vector<std::size_t>> run() {
    for (std::size_t i = 0; i < to_.size(); ++i)
      if (index_[i] == 0 && !to_[i].empty()) visit(i);
    return std::move(found_);
  }

private:
  struct step {
    std::size_t node;
    std::size_t next;
  };

  void enter(std::size_t node) {
    index_[node] = low_[node] = ++counter_;
    open_[node] = true;
    pending_.push_back(node);
    way_.push_back({node, 0});
  }

  void visit(std::size_t root) {
    enter(root);
    while (!way_.empty()) {
      auto& here = way_.back();
      if (here.next < to_[here.node].size()) {
        const auto target = to_[here.node][here.next++];
        if (index_[target] == 0)
          enter(target);
        else if (open_[target])
          low_[here.node] = std::min(low_[here.node], index_[target]);
        continue;
      }
      const auto node = here.node;
      way_.pop_back();
      if (!way_.empty()) low_[way_.back().node] = std::min(low_[way_.back().node], low_[node]);
      if (low_[node] == index_[node]) close(node);
    }
  }

  void close(std::size_t root) {
    std::vector<std::size_t> component;
    std::size_t node = 0;
    do {
      node = pending_.back();
      pending_.pop_back();
      open_[node] = false;
      component.push_back(node);
    } while (node != root);
    const bool itself = std::find(to_[root].begin(), to_[root].end(), root) != to_[root].end();
    if (component.size() > 1 || itself) {
      std::sort(component.begin(), component.end());
      found_.push_back(std::move(component));
    }
  }

  const std::vector<std::vector<std::size_t>>& to_;
  std::vector<std::size_t> index_, low_;
  std::vector<bool> open_;
  std::vector<std::size_t> pending_;
  std::vector<step> way_;
  std::vector<std::vector<std::size_t>> found_;
  std::size_t counter_ = 0;
};

} // namespace

std::vector<placed_fault> find_duplicates(const std::vector<lore_record>& records) {
  std::unordered_map<std::string_view, std::size_t> first;
  std::vector<placed_fault> faults;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto [at, fresh] = first.emplace(records[i].id, i);
    if (!fresh)
      faults.push_back({i, {"duplicate_id", "id", "\"" + records[i].id + "\" is there already, in line " +
                                                   std::to_string(records[at->second].line_number)}});
  }
  return faults;
}

std::vector<placed_fault> find_cycles(const std::vector<lore_record>& records) {
  const auto to = link(records);
  std::vector<placed_fault> faults;
  for (const auto& circle : component_search(to).run()) {
    std::string way;
    for (std::size_t i = 0; i < circle.size() && i < longest_way_shown; ++i) way += (i ? ", \"" : "\"") + records[circle[i]].id + "\"";
    if (circle.size() > longest_way_shown) way += " and " + std::to_string(circle.size() - longest_way_shown) + " more";
    for (const auto i : circle)
      faults.push_back({i, {"cyclic_callbacks", "callbacks",
                            circle.size() == 1 ? std::string("it calls back to itself") : "they go round in a circle: " + way}});
  }
  std::sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return faults;
}

} // namespace longwave
