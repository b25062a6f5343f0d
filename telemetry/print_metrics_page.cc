#include <iostream>

#include "telemetry/metrics_page.h"

int main() { std::cout << lockstitch::telemetry::MetricsPage(); }
