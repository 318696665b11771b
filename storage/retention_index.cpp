// Which versions nobody reads any more.
#include "storage/retention_index.hpp"

#include <algorithm>

namespace longwave::storage {

void retention_index::add_version(std::string_view name, std::uint64_t seq, bool removal) {
  auto at = pieces_.find(name);
  if (at == pieces_.end()) at = pieces_.emplace(std::string(name), std::vector<version>{}).first;
  auto& versions = at->second;
  if (!versions.empty() && versions.back().seq == seq) { // written again by a commit without a segment
    versions.back().removal = removal;
    return;
  }
  versions.push_back({seq, removal});
}

void retention_index::add_checkpoint(std::uint64_t seq, checkpoint_kind kind) {
  const auto same = [&](const checkpoint_record& c) { return c.seq == seq && c.kind == kind; };
  if (std::any_of(checkpoints_.rbegin(), checkpoints_.rend(), same)) return;
  checkpoint_record c;
  c.seq = seq;
  c.kind = kind;
  checkpoints_.push_back(std::move(c));
}

void retention_index::add_damaged_checkpoint(std::uint64_t seq) { damaged_.push_back(seq); }

void retention_index::thin_out_piece(const std::string& name, std::vector<version>& versions,
                                     const std::vector<std::uint64_t>& needed, thinning& out) const {
  bool older_kept = false;
  auto kept = versions.begin();
  for (auto at = versions.begin(); at != versions.end(); ++at) {
    const auto reader = std::lower_bound(needed.begin(), needed.end(), at->seq);
    const auto next = at + 1;
    const bool read = reader != needed.end() && (next == versions.end() || *reader < next->seq);
    // Absence says the same as a removal that has nothing older to hide.
    if (!read || (at->removal && !older_kept)) {
      out.versions.emplace_back(name, at->seq);
      continue;
    }
    older_kept = true;
    *kept++ = *at;
  }
  versions.erase(kept, versions.end());
}

retention_index::thinning retention_index::thin_out(std::uint64_t head_seq, const retention& keep) {
  thinning out;
  std::vector<std::uint64_t> needed{0, head_seq};
  needed.insert(needed.end(), damaged_.begin(), damaged_.end());
  const auto drop = checkpoints_to_drop(checkpoints_, keep);
  auto next_drop = drop.begin();
  std::vector<checkpoint_record> kept;
  kept.reserve(checkpoints_.size() - drop.size());
  for (std::size_t i = 0; i < checkpoints_.size(); ++i) {
    if (next_drop != drop.end() && *next_drop == i) {
      ++next_drop;
      out.checkpoints.emplace_back(checkpoints_[i].seq, checkpoints_[i].kind);
      continue;
    }
    needed.push_back(checkpoints_[i].seq);
    kept.push_back(std::move(checkpoints_[i]));
  }
  checkpoints_ = std::move(kept);
  std::sort(needed.begin(), needed.end());
  for (auto at = pieces_.begin(); at != pieces_.end();) {
    thin_out_piece(at->first, at->second, needed, out);
    at = at->second.empty() ? pieces_.erase(at) : std::next(at);
  }
  return out;
}

} // namespace longwave::storage
