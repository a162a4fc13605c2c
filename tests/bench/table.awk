# The bench's tables from its runs, one a line: WHO CONNECTIONS PAIR name=value ...; see measure() in lib.sh.
# Variables: pairs, seconds, levels (numbers of connections), tick (clock ticks a second, the unit of cpu_*).

function value(name,    i) {
	for (i = 4; i <= NF; i++)
		if (index($i, name "=") == 1)
			return substr($i, length(name) + 2) + 0
	return 0
}

# The median of V[KEY, 1..N]; the lowest and the highest in LOW and HIGH.  mawk has no sort.
function median(v, key, n,    i, j, t, s) {
	for (i = 1; i <= n; i++)
		s[i] = v[key, i]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && s[j - 1] > s[j]; j--) {
			t = s[j]
			s[j] = s[j - 1]
			s[j - 1] = t
		}
	low = s[1]
	high = s[n]
	return n % 2 ? s[(n + 1) / 2] : (s[n / 2] + s[n / 2 + 1]) / 2
}

function latency(key, n) {
	printf " %7.2f %7.2f", median(p50, key, n) / 1000, median(p99, key, n) / 1000
	median(max, key, n)
	printf " %7.1f", high / 1000
}

# Microseconds of CPU a webhook, of one process.
function cpu(key, name) {
	if (!((key, name) in used))
		return sprintf("%10s", "-")
	total += used[key, name]
	return sprintf("%10.1f", used[key, name] / tick * 1e6 / answers[key])
}

function speed_table(    l, i, n, a, b, shown) {
	print ""
	print "Behind one lighttpd, in alternating pairs.  Webhooks a second that were answered 200 as expected, and"
	print "milliseconds: medians of the runs (max: of all).  ratio: hookspool/nothing, median of the pairs (lowest,"
	print "highest).  other: answers that were not the expected 200, and requests without an answer."
	print ""
	printf "%11s %9s %9s  %-17s  %-23s  %-22s %7s\n", "", "nothing", "hookspool", "", "nothing", "hookspool", ""
	printf "%11s %9s %9s  %-17s %7s %7s %7s", "connections", "/s", "/s", "ratio", "p50", "p99", "max"
	printf "  %7s %7s %7s %7s\n", "p50", "p99", "max", "other"
	for (l = 1; l <= nlevels; l++) {
		a = "nothing " level[l]
		b = "hookspool " level[l]
		n = runs[b]
		for (i = 1; i <= n; i++)
			ratio[l, i] = rate[b, i] / rate[a, i]
		shown = sprintf("%.2f", median(ratio, l, n))
		shown = shown sprintf(" (%.2f, %.2f)", low, high)
		printf "%11d %9.0f %9.0f  %-17s", level[l], median(rate, a, n), median(rate, b, n), shown
		latency(a, n)
		printf " "
		latency(b, n)
		printf " %7d\n", other[a] + other[b]
	}
}

function cpu_table(    l, w, key) {
	print ""
	print "CPU, microseconds a webhook, user and system; cores: how many were busy"
	print ""
	printf "%11s %-10s%10s%10s", "connections", "", "lighttpd", "responder"
	printf "%10s%10s%10s%10s\n", "spooler", "runner", "load", "cores"
	for (l = 1; l <= nlevels; l++)
		for (w = 0; w < 2; w++) {
			key = (w ? "hookspool " : "nothing ") level[l]
			total = 0
			printf "%11d %-10s", level[l], w ? "hookspool" : "nothing"
			printf "%s%s%s", cpu(key, "lighttpd"), cpu(key, "responder"), cpu(key, "spooler")
			printf "%s%s", cpu(key, "runner"), cpu(key, "load")
			printf "%10.2f\n", total / tick / elapsed[key]
		}
}

$3 != "warm" {
	key = $1 " " $2
	n = ++runs[key]
	bytes = value("bytes")
	rate[key, n] = value("rate")
	p50[key, n] = value("p50_us")
	p99[key, n] = value("p99_us")
	max[key, n] = value("max_us")
	elapsed[key] += value("seconds")
	answers[key] += value("answers")
	other[key] += value("answers") - value("ok") + value("errors")
	used[key, "load"] += value("cpu") * tick
	for (i = 4; i <= NF; i++)
		if (substr($i, 1, 4) == "cpu_") {
			split(substr($i, 5), part, "=")
			used[key, part[1]] += part[2]
		}
}

END {
	nlevels = split(levels, level, " ")
	printf "  load     %d bytes a webhook, each signed and with a new id; ", bytes
	printf "%s s a run, %d %s\n", seconds, pairs, pairs == 1 ? "pair" : "pairs"
	speed_table()
	cpu_table()
}
