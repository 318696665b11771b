// What one run has in the store that retention may drop: its checkpoints and the versions of its pieces of state.
//
// Kept in memory while the run commits, so that thinning out costs what it drops and what is kept, not a walk over the
// database. Pure: no RocksDB, no clock.
#pragma once

#include "messages/checkpoint.hpp"
#include "storage/checkpoint.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwave::storage {

class retention_index {
public:
  /// A version of a piece was written; versions of one piece come in ascending order. `removal`: its value is `null`.
  void add_version(std::string_view name, std::uint64_t seq, bool removal);
  /// A checkpoint was written; in ascending order of segments.
  void add_checkpoint(std::uint64_t seq, checkpoint_kind kind);
  /// A checkpoint whose record is damaged: neither counted nor dropped, and what it needs stays.
  void add_damaged_checkpoint(std::uint64_t seq);

  /// What goes.
  struct thinning {
    std::vector<std::pair<std::uint64_t, checkpoint_kind>> checkpoints;
    std::vector<std::pair<std::string, std::uint64_t>> versions;
    bool empty() const noexcept { return checkpoints.empty() && versions.empty(); }
  };
  /// Applies `keep` (contract 8.18) and forgets what is returned. A version stays when a kept checkpoint, the start or
  /// `head_seq` reads it, that is when it is the newest at or before one of them.
  thinning thin_out(std::uint64_t head_seq, const retention& keep = {});

private:
  struct version {
    std::uint64_t seq = 0;
    bool removal = false;
  };
  void thin_out_piece(const std::string& name, std::vector<version>& versions,
                      const std::vector<std::uint64_t>& needed, thinning& out) const;

  std::map<std::string, std::vector<version>, std::less<>> pieces_;
  /// Only `seq` and `kind` are filled.
  std::vector<checkpoint_record> checkpoints_;
  std::vector<std::uint64_t> damaged_;
};

} // namespace longwave::storage
