// The words of a text as the keyword index knows them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace longwave::storage {

/// Distinct words of a text in order of first appearance: lower case, 3 to 32 bytes, without the commonest ones.
/// Letters beyond ASCII are kept as they are.
std::vector<std::string> lore_terms(std::string_view text);

} // namespace longwave::storage
