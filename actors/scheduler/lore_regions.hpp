// Names of regions: many ways to write one (domain 11).
#pragma once

#include <string>
#include <string_view>

namespace longwave {

/// The region that a location or region of a catalogue means: "West Virginia" and "Flatwoods, Appalachia" are
/// "Appalachia", "Mojave Wasteland" is "Mojave", "Boston" is "Commonwealth", "Washington, D.C." is "Capital Wasteland".
/// A name that is in no table comes back as it was, without blanks around it.
std::string normalised_region(std::string_view name);

/// Equal once both are normalised; case does not count.
bool same_region(std::string_view a, std::string_view b);

} // namespace longwave
