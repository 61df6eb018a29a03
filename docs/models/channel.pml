/*
 * The ring of src/Tandem/Sharing/ChannelRing.cs: WRITERS that write ITEMS each and a READER per process, over CAP cells; DEATHS of them
 * die at any step. Checked: an element is read at most once, never torn (read from a cell that is being written), in order per writer,
 * and each death costs one element at most; nobody is stuck (no invalid end state).
 *
 *   spin -a channel.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m100000
 *
 * Tail and head are searched from hints that may lag behind; here they are found by looking at the cells, which is what a search
 * from any hint ends in. A sleep is modelled as blocking until the condition holds, since each sleep ends by itself after 50 ms.
 */
#ifndef CAP
#define CAP 2
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#define WRITERS 2
#define READERS 2
#define TOTAL (WRITERS * ITEMS)
#ifndef DEATHS
#define DEATHS 1
#endif

mtype = { Empty, Writing, Full, Reading, Skipped };

mtype phase[CAP];
byte  position[CAP];
byte  by[CAP];                       /* who claimed it */
byte  element[CAP];                  /* writer * ITEMS + number + 1; 0 while half written */
bool  dead[WRITERS + READERS];
byte  arrived[TOTAL];                /* how often each element was read */
bool  published[TOTAL];
byte  deaths = 0;
byte  lost = 0;
byte  writing = WRITERS;             /* writers that are not done */

#define CELL(p)     ((p) % CAP)
#define IS(p, f)    (position[CELL(p)] == (p) && phase[CELL(p)] == f)

inline may_die() {
    if
    :: atomic { deaths < DEATHS -> deaths++; dead[me] = true }; goto gone
    :: skip
    fi
}

/* What anybody does who comes to a claimed cell of a dead owner, or to a skipped one. */
#ifdef MUTANT_REPAIR             /* claims of the living are repaired too */
#define IS_DEAD(p)  true
#else
#define IS_DEAD(p)  dead[p]
#endif
inline repair(c) {
    atomic {
        if
        :: phase[c] == Writing && IS_DEAD(by[c]) -> phase[c] = Skipped
        :: phase[c] == Reading && IS_DEAD(by[c]) -> phase[c] = Empty; position[c] = position[c] + CAP
        :: phase[c] == Skipped -> phase[c] = Empty; position[c] = position[c] + CAP
        :: else -> skip
        fi
    }
}

proctype Writer(byte me) {
    byte n = 0;
    byte at = 0;

    do
    :: n == ITEMS -> break
    :: else ->
       /* Find the tail: the first position that is not claimed. */
       do
       :: atomic { IS(at, Empty) -> phase[CELL(at)] = Writing; by[CELL(at)] = me; element[CELL(at)] = 0 }; break
       :: position[CELL(at)] > at || (position[CELL(at)] == at && phase[CELL(at)] != Empty) -> at++
       :: position[CELL(at)] < at -> repair(CELL(at))
       od;
       may_die();
       element[CELL(at)] = me * ITEMS + n + 1;
       may_die();
       atomic { phase[CELL(at)] = Full; published[me * ITEMS + n] = true };
       n++;
       may_die()
    od;
gone:
    writing--
}

proctype Reader(byte me) {
    byte at = 0;
    byte got;
    byte last[WRITERS];

    do
    :: /* Find the head. */
       do
       :: atomic { IS(at, Full) -> phase[CELL(at)] = Reading; by[CELL(at)] = me }; break
       :: position[CELL(at)] > at -> at++
       :: IS(at, Reading) && !dead[by[CELL(at)]] -> at++
       :: IS(at, Writing) && IS_DEAD(by[CELL(at)]) -> repair(CELL(at))
       :: IS(at, Reading) && IS_DEAD(by[CELL(at)]) -> repair(CELL(at))
       :: IS(at, Skipped) -> repair(CELL(at))
       :: atomic { writing == 0 && (IS(at, Empty) || position[CELL(at)] < at) -> goto gone }
       od;
       may_die();
       got = element[CELL(at)];
       assert(got != 0);
       may_die();
       atomic { phase[CELL(at)] = Empty; position[CELL(at)] = position[CELL(at)] + CAP };
       arrived[got - 1]++;
       assert(arrived[got - 1] == 1);
       assert(last[(got - 1) / ITEMS] < got);
       last[(got - 1) / ITEMS] = got;
       may_die()
    od;
gone:
    skip
}

init {
    byte i;
    atomic {
        for (i : 0 .. CAP - 1) {
            phase[i] = Empty;
            position[i] = i
        }
        run Writer(0);
        run Writer(1);
        run Reader(2);
        run Reader(3)
    }

    /* At the end each published element was read, but for one for each reader that died. */
    _nr_pr == 1;
    if
    :: dead[2] && dead[3] -> skip                                     /* nobody was left to read */
    :: else ->
       for (i : 0 .. TOTAL - 1) {
           if
           :: published[i] && arrived[i] == 0 -> lost++
           :: else -> skip
           fi
       }
       assert(lost <= deaths)
    fi
}
