// Named moments at which a test may end the process. In the shipped program they are nothing at all.
//
// The binary `longwave_killable` compiles the files that hold points with LONGWAVE_KILL_POINTS; there a point compares
// its name with the environment variable LONGWAVE_KILL_POINT=NAME:N and ends the process by SIGKILL at its N-th time.
// tests/crash/kill_point_test.cpp finds the points by reading the sources and hits each of them.
#pragma once

#ifdef LONGWAVE_KILL_POINTS
namespace longwave {
/// Defined in tests/support/kill_point.cpp. Any thread; does not return when it is this point's turn.
void kill_point(const char* name) noexcept;
} // namespace longwave
#define KILL_POINT(name) ::longwave::kill_point(name)
#else
#define KILL_POINT(name) static_cast<void>(0)
#endif
