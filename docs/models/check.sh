#!/bin/sh
# Checks all models of this folder, and their mutants, which must fail. See README.md for the tools.
#
#   docs/models/check.sh            what the installed tools can check
#
# A tool that is missing is named, and its models count as skipped. GENMC, HERD7 and HERD7_LIB name tools that are not in the PATH.
set -u
cd "$(dirname "$0")" || exit 1
genmc=${GENMC:-$(command -v genmc)}
herd=${HERD7:-$(command -v herd7)}
spin=${SPIN:-$(command -v spin)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
limit=${LIMIT:-120} # seconds for one check

# report NAME EXPECTED SEEN DETAIL
report() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        printf '%-52s %-10s %s\n' "$1" "$3" "$4"
    else
        failed=$((failed + 1))
        printf '%-52s %-10s %s   FAILED: expected %s\n' "$1" "$3" "$4" "$2"
    fi
}

# c MODEL "FLAGS" "MUTANTS" [MEMORY MODELS]: checks the model under RC11 and IMM, or those named, and each mutant under RC11.
c() {
    model=$1 flags=$2 mutants=$3
    for memory in ${4:-rc11 imm}; do
        run_c ok "$memory" ''
    done
    for mutant in $mutants; do
        run_c error rc11 "-DMUTANT_$mutant"
    done
}

run_c() {
    # The reductions that are off take two stores without an order for an error, or a wait for the loop around it.
    # shellcheck disable=SC2086 # flags are a list
    timeout "$limit" "$genmc" "--$2" --check-liveness --disable-estimation --disable-mm-detector --disable-spin-assume --disable-ipr \
        --disable-sr -- $flags $3 "c/$model.c" > "$work/out" 2>&1
    code=$?
    if grep -q '^No errors were detected' "$work/out"; then
        seen=ok
    elif grep -qE '^Error:|^Error detected' "$work/out"; then
        seen=error
    else
        seen="broken($code)"
        cat "$work/out" >&2
    fi
    count=$(sed -n 's/.*complete executions explored: *\([0-9]*\).*/\1 executions/p' "$work/out" | head -1)
    why=$(sed -n 's/^Error[^:]*: *//p' "$work/out" | head -1)
    report "c/$model.c $2 $flags $3" "$1" "$seen" "$([ $seen = ok ] && echo "$count" || echo "$why")"
}

# pml MODEL "FLAGS" EXPECTED
pml() {
    (cd "$work" && $spin $2 -a "$OLDPWD/$1.pml" > out 2>&1 && gcc -O2 -w -DSAFETY -o pan pan.c && timeout "$limit" ./pan -m100000 > out 2>&1)
    if grep -q 'errors: 0' "$work/out"; then seen=ok; elif grep -q 'errors: [1-9]' "$work/out"; then seen=error; else seen=broken; cat "$work/out" >&2; fi
    report "$1.pml $2" "$3" "$seen" "$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1 states/p' "$work/out")"
}

if [ -n "$herd" ]; then
    for file in arm/*.litmus; do
        expected=$(sed -n 's/.*expect: \([A-Z][a-z]*\).*/\1/p' "$file")
        # shellcheck disable=SC2086
        timeout "$limit" "$herd" ${HERD7_LIB:+-I "$HERD7_LIB"} "$file" > "$work/out" 2>&1
        seen=$(sed -n 's/^Observation [^ ]* \([A-Z][a-z]*\).*/\1/p' "$work/out")
        report "$file" "$expected" "${seen:-broken}" "$(sed -n 's/^States \([0-9]*\).*/\1 outcomes/p' "$work/out")"
    done
else
    echo "Skipped: arm/*.litmus, because there is no herd7."
    skipped=$((skipped + $(ls arm/*.litmus | wc -l)))
fi

if [ -n "$genmc" ]; then
    c ring '' 'PUBLISH TAIL RELEASE ROOM EARLY'
    c doorbell '-DPRODUCERS=1' ''
    c doorbell '' 'FENCE ANNOUNCE CHECK CLEAR PREPARE'
    c doorbell '-DBELL' 'FENCE'
    c doorbell '-DPIPE' 'PIPE FENCE'
    c exit-signal '' 'KNOWN'
    c exit-signal '-DEXIT_KERNEL' 'KNOWN'
    c role '' 'ROLE LOOK RESTORE FENCES' rc11
    c cell '' 'ORDER PLAIN TIME BARRIER CHECK FREE'
    c cell '-DREVOKE' 'START'
    c cell '-DFAIL' 'RETRACT'
    c releases '' 'POP PUSH EARLY'
    c channel '' 'PUBLISH PLAIN FREE ANNOUNCE CLEAR'
    c channel '-DITEMS=3 -DCAP=2' ''
    c channel '-DWRITERS=2 -DITEMS=1 -DCAP=2' 'CLAIM' rc11
    c peek '' 'STATE COUNT LATE BARRIER'
    c lock '' 'ACQUIRE RELEASE'
    c lock '-DN=3' '' rc11
    c local-lock '' 'RELEASE LOOK WAITER'
    c threads '' 'ADMIT COUNT CHECK'
    c threads '-DWORKERS=2 -DITEMS=1' '' rc11
else
    echo "Skipped: c/*.c, because there is no genmc."
    skipped=$((skipped + $(ls c/*.c | wc -l)))
fi

if [ -n "$spin" ]; then
    OLDPWD=$PWD
    pml lock '' ok
    pml lock '-DBACKSTOP=0' error
    pml channel '' ok
    pml channel '-DMUTANT_REPAIR' error
else
    echo "Skipped: *.pml, because there is no spin."
    skipped=$((skipped + 2))
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
