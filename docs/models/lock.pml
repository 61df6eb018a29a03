/*
 * The lock of src/Tandem/Sharing/RobustLock.cs: N processes enter and leave, DEATHS of them die at any step.
 * Checked: never two owners; no state in which somebody waits and nobody will ever wake it (no invalid end state).
 *
 *   spin -a lock.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m100000
 *
 * The word is modelled as (owner, waiters, died). The kernel's queue is a set of sleepers. Time-outs of sleeps are modelled as
 * wake-ups that may come at any time to a sleeper (variable "backstop"): with BACKSTOP 0 the model shows where they are needed, namely
 * for a sleeper that was woken and dies before it has taken the word.
 */
#ifndef N
#define N 3
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef BACKSTOP
#define BACKSTOP 1
#endif

byte owner = 0;        /* 0, or the number of the process + 1 */
bool waiters = false;
bool died = false;

bool asleep[N];        /* in the kernel's queue */
bool woken[N];         /* taken out of it by a wake-up */
bool dead[N];
byte inside = 0;       /* how many are between enter and leave */
byte deaths = 0;

inline wake_one(result) {
    atomic {
        result = false;
        if
        :: asleep[0] && !dead[0] -> asleep[0] = false; woken[0] = true; result = true
#if N > 1
        :: asleep[1] && !dead[1] -> asleep[1] = false; woken[1] = true; result = true
#endif
#if N > 2
        :: asleep[2] && !dead[2] -> asleep[2] = false; woken[2] = true; result = true
#endif
        :: else -> skip
        fi
    }
}

/* A process may end here: the kernel marks the word if it holds its number, and wakes one sleeper. */
inline may_die(isInside) {
    if
    :: atomic {
           deaths < DEATHS ->
           deaths++;
           dead[me] = true;
           asleep[me] = false;
           if
           :: isInside -> inside--
           :: else -> skip
           fi;
           if
           :: owner == me + 1 ->
              owner = 0; died = true;
              if
              :: waiters -> wake_one(any)
              :: else -> skip
              fi
           :: else -> skip
           fi
       };
       goto end
    :: skip
    fi
}

proctype Process(byte me) {
    bool any;
    bool taken;
    bool mine;       /* a wake-up, or a millisecond without an owner, entitles to a word that is handed over */

again:
    taken = false;
    mine = false;
    do
    :: atomic { owner == 0 && !waiters && !died -> owner = me + 1; taken = true }; break
    :: atomic { owner == 0 && died -> owner = me + 1; died = false; taken = true }; break       /* acceptAbandoned */
    :: atomic { owner == 0 && waiters && !died && mine -> owner = me + 1; taken = true }; break
    :: else ->
       may_die(false);
       atomic {
           if
           :: owner != 0 -> waiters = true; asleep[me] = true                        /* announce, and sleep if unchanged */
           :: owner == 0 && waiters && !died && !mine -> asleep[me] = true
           :: else -> skip
           fi
       };
       may_die(false);
       /* Sleeping: until a wake-up, or (backstop) by itself. */
       do
       :: atomic { woken[me] -> woken[me] = false; mine = true; break }
       :: atomic { BACKSTOP && asleep[me] && (owner == 0 || dead[owner - 1]) -> asleep[me] = false; mine = true; break }
       :: atomic { !asleep[me] && !woken[me] -> break }
       od;
       may_die(false)
    od;

    may_die(false);
    inside++;
    assert(inside == 1);
    may_die(true);
    inside--;
    may_die(false);

    if
    :: atomic { owner == me + 1 && !waiters -> owner = 0 }
    :: atomic { owner == me + 1 && waiters -> owner = 0 };                            /* the word is "Waiters" now */
       may_die(false);
       wake_one(any);
       may_die(false);
       atomic {
           if
           :: !any && owner == 0 && waiters && !died -> waiters = false
           :: else -> skip
           fi
       }
    fi;

    if
    :: goto again
    :: skip
    fi;

end:
    skip
}

init {
    atomic {
        byte i;
        for (i : 0 .. N - 1) {
            run Process(i)
        }
    }
}
