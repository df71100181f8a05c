"""libfuture in gdb: what a future is, which executors there are, who waits.

In gdb, or in ~/.gdbinit:

    source /usr/local/share/libfuture/gdb/libfuture-gdb.py

Then, wherever the program stands, or died:

    (gdb) print *page
    $1 = future 0x7ffff0000b60: failed with ENOENT, 2 references, at home on
    pool "web"
    (gdb) print *executor
    (gdb) future-executors          all that are in use
    (gdb) future-waits              who sleeps in a task until a future settles

Threads bear the name of their pool: see `info threads`.

Nothing of the program is called, so that a core file will do, and nothing is
locked: what other threads were just changing may look odd.  It takes the
debugging information of the library, which is there if that was built with -g
and not stripped.
"""

import errno

import gdb
import gdb.printing

NO_DEBUG = ('libfuture: no debugging information of the library: either it '
            'has not been loaded yet, or it was built without -g, or stripped')
MOST = 100000       # what is read while it changes might be a ring


def type_of(name, function='future_submit'):
    """A type of the library's, as the file of that function has it."""
    symbol = gdb.lookup_global_symbol(function)
    if symbol is None:
        raise gdb.GdbError(NO_DEBUG)
    try:
        return gdb.lookup_type(name, symbol.symtab.static_block())
    except gdb.error:
        raise gdb.GdbError(NO_DEBUG) from None


def static(name, function):
    """A static variable of the file of that function."""
    symbol = gdb.lookup_global_symbol(function)
    if symbol is not None:
        symbol, _ = gdb.lookup_symbol(name, symbol.symtab.static_block())
    if symbol is None:
        raise gdb.GdbError(NO_DEBUG)
    return symbol.value()


def names(enum):
    """Of an enum, what each name stands for."""
    return {field.name: field.enumval for field in type_of(enum).fields()}


def at(address, type_):
    return gdb.Value(int(address)).cast(type_.pointer()).dereference()


def owner(value, name, member):
    """The struct in which `value` is that member."""
    type_ = type_of(name)
    offset = next(field.bitpos // 8 for field in type_.fields()
                  if field.name == member)
    return at(int(value.address) - offset, type_)


def follow(first, member):
    """A list, from the pointer to its first."""
    for _ in range(MOST):
        if int(first) == 0:
            return
        yield first.dereference()
        first = first.dereference()[member]


def count(number, what):
    return '%d %s%s' % (number, what, '' if number == 1 else 's')


def function_name(pointer):
    text = pointer.format_string(symbols=True)
    return text.split('<')[1].split('>')[0] if '<' in text else text


# Executors.

def kind_of(executor):
    """pool, lane, loop, sim, inline, own: from the name of its kind."""
    name = function_name(executor['kind'])
    return name[:-len('_kind')] if name.endswith('_kind') else 'executor'


def brief(executor):
    """What it is, in a few words."""
    kind = kind_of(executor)
    if kind == 'inline':
        return 'the inline executor'
    if kind == 'pool':
        return 'pool "%s"' % at(executor.address, type_of(
            'struct fut_pool'))['name'].string()
    return '%s %#x' % ('executor' if kind == 'own' else kind,
                       int(executor.address))


def phase(number):
    for name, value in names('enum fut_phase').items():
        if value == int(number):
            return name[len('FUT_PHASE_'):].lower()
    return 'phase %d' % int(number)


def queued(queue):
    return int(queue['length']) - int(queue['husks'])


def pool_text(pool):
    workers = pool['workers']
    waiting = sum(queued(pool['levels'][level])
                  for level in ('high', 'normal', 'low'))
    running = int(pool['claims'])
    for i in range(int(pool['slots']) if int(workers) != 0 else 0):
        word = int(workers[i]['share']['word'])
        waiting += (word >> 16 & 0xffff) - (word & 0xffff)
        running += int(workers[i]['running'])
        running -= int(workers[i]['claims_ended'])
    text = '%s, %s, %d queued, %d running, %d idle' % (
        phase(pool['phase']), count(int(pool['width']), 'thread'),
        waiting, running, int(pool['idle']))
    if int(pool['dozing']) != 0:
        text += ', %d asleep in tasks' % int(pool['dozing'])
    if int(pool['slots']) != int(pool['width']):
        text += ', %d spare' % (int(pool['slots']) - int(pool['width']))
    return text


def lane_text(lane):
    return '%s, on %s, at most %d at a time, %d queued, %d running' % (
        phase(lane['phase']), brief(lane['executor']['parent'].dereference()),
        int(lane['limit']), queued(lane['queue']), int(lane['running']))


def loop_text(loop):
    waiting = queued(loop['queue'])
    if int(loop['mark']['place']) != 0:
        waiting -= 1
    return '%s, %d queued, %d running, %s' % (
        phase(loop['timers']['phase']), waiting, int(loop['running']),
        'run by a thread' if int(loop['runner']) != 0 else 'run by nobody')


def sim_text(sim):
    return '%s, %d queued, %d running' % (
        phase(sim['timers']['phase']), int(sim['queue']['length']),
        int(sim['running']))


def own_text(own):
    return "the program's own, %s, %d queued, %d running" % (
        phase(own['phase']), int(own['queued']), int(own['running']))


TEXTS = {
    'pool': ('struct fut_pool', pool_text, 'future_pool_new'),
    'lane': ('struct fut_lane', lane_text, 'future_lane_new'),
    'loop': ('struct fut_loop', loop_text, 'future_loop_new'),
    'sim': ('struct fut_sim', sim_text, 'future_sim_new'),
    'own': ('struct own', own_text, 'future_executor_new'),
}


def executor_text(executor):
    text = brief(executor)
    known = TEXTS.get(kind_of(executor))
    if known is None:
        return text
    if '0x' not in text:
        text += ' %#x' % int(executor.address)
    type_, describe, function = known
    text += ': ' + describe(at(executor.address, type_of(type_, function)))
    if int(executor['immortal']) != 0:
        return text + ', the default one'
    refs = int(executor['refs'])
    return text + (', closing' if refs == 0 else ', ' + count(refs, 'handle'))


def executors():
    """All that are in use, the oldest kinds first."""
    for shells in follow(static('all', 'fut_shell_new'), 'next'):
        free = {int(shell.address)
                for shell in follow(shells['free'], 'next_free')}
        made, found = int(shells['made']), []
        while made != 0 and len(found) < MOST:
            shell = at(made ^ (1 << 8 * shells['made'].type.sizeof) - 1,
                       type_of('struct future_executor'))
            if int(shell.address) not in free:
                found.append(shell)
            made = int(shell['made_before'])
        yield from reversed(found)


# Futures.

def home_text(cell):
    job = owner(cell, 'struct fut_job', 'cell')
    where = job['task']
    if int(where['form']) & names('enum fut_job_form')['FUT_FORM_ELSEWHERE']:
        where = more_of(cell)['home']
    if int(where['executor']) == 0:
        return 'the default executor'
    executor = where['executor'].dereference()
    if int(executor['generation']) != int(where['generation']):
        return 'a %s that is over' % kind_of(executor)
    return brief(executor)


def more_of(cell):
    """Behind the job: see lib/more.h."""
    job = owner(cell, 'struct fut_job', 'cell')
    return at(int(job.address) + int(cell['kind']['size']),
              type_of('struct fut_more'))


def error_name(error):
    return errno.errorcode.get(error, 'error %d' % error)


class State:
    """The lower half of the word: see lib/cell.h."""

    def __init__(self, cell):
        self.word = int(cell['word'])
        self.bits = names('enum fut_cell_bit')

    def has(self, name):
        return self.word & self.bits[name] != 0

    def status(self):
        return self.word & self.bits['FUT_STATUS']

    def references(self):
        return self.word >> 32


def state_text(cell, state):
    status = state.status()
    if status == state.bits['FUT_CANCELLED']:
        return 'cancelled'
    if status == state.bits['FUT_SETTLED']:
        error = int(cell['error'])
        text = 'failed with ' + error_name(error) if error != 0 else 'ok'
        owned = cell
        if state.has('FUT_SHARED'):
            owned = cell['owner'].dereference()
        if State(owned).has('FUT_TAKEN'):
            return text + ', its value taken'
        value = int(cell['value'])
        return text + (', value %#x' % value if value != 0 else '')
    if state.has('FUT_FOLLOWS'):
        return 'pending'
    if status == state.bits['FUT_RUNNING']:
        return 'running'
    return 'being settled' if state.has('FUT_CLAIM') else 'pending'


def source_of(cell, state):
    """The address of what a continuation waits for; else 0."""
    if (state.status() != state.bits['FUT_PENDING'] or
            state.has('FUT_FOLLOWS') or
            function_name(cell['kind']) != 'dependent_cell'):
        return 0
    job = owner(cell, 'struct fut_job', 'cell')
    return int(at(job.address, type_of('struct dependent', 'future_then'))
               ['source'])


def hooks_text(cell):
    hooks = 1
    link = cell['hooks']['next']
    while int(link) not in (0, int(cell['hooks'])) and hooks < MOST:
        hooks += 1
        link = link['next']
    return count(hooks, 'hook')


def future_text(cell):
    state = State(cell)
    text = [state_text(cell, state)]
    settled = state.status() >= state.bits['FUT_SETTLED']
    if state.has('FUT_FOLLOWS'):
        text.append('follows future %#x' % int(cell['followed']))
    source = source_of(cell, state)
    if source != 0:
        text.append('continues future %#x' % source)
    if settled and state.has('FUT_BUSY'):
        text.append('its function has not returned')
    if state.has('FUT_HOOKS') and int(cell['hooks']) != 0:
        text.append(hooks_text(cell))
    text.append(count(state.references(), 'reference'))
    text.append('at home on ' + home_text(cell))
    return 'future %#x: %s' % (int(cell.address), ', '.join(text))


# Who waits.

def thread_of(address):
    """The thread on whose stack that is: of those that begin below, the last.
    """
    chosen, frame = gdb.selected_thread(), gdb.selected_frame()
    found, nearest = None, 0
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        top = int(gdb.newest_frame().read_register('sp'))
        if nearest < top <= address:
            found, nearest = thread, top
    chosen.switch()
    frame.select()
    return found


def running_text(frame):
    """Of the functions on a thread's stack, the innermost."""
    if int(frame) == 0:
        return 'between two functions'
    if int(frame['cell']) == 0:
        return 'in a function without a future, on ' + brief(
            frame['executor'].dereference())
    cell = frame['cell'].dereference()
    job = owner(cell, 'struct fut_job', 'cell')
    is_long = int(job['task']['form']) & names(
        'enum fut_job_form')['FUT_FORM_LONG']
    function = more_of(cell)['fn'] if is_long else cell['fn']
    return 'in %s(), of %s' % (function_name(function), future_text(cell))


def wait_text(asleep):
    thread = thread_of(int(asleep.address))
    who = 'thread ? waits'
    if thread is not None:
        who = 'thread %d%s waits' % (
            thread.num, ' "%s"' % thread.name if thread.name else '')
    what = ' until the function has returned of ' if int(
        asleep['joins']) != 0 else ' for '
    return '%s%s%s\n\t%s' % (
        who, what, future_text(asleep['waits'].dereference()),
        running_text(asleep['spot']['frame']))


# What gdb is told.

class Executors(gdb.Command):
    """Prints the executors that are in use: pools, lanes, loops, sims, those of
the program's own; how far each is closed, what is queued and what runs."""

    def __init__(self):
        super().__init__('future-executors', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        found = False
        for executor in executors():
            found = True
            print(executor_text(executor))
        if not found:
            print('no executor is in use')


class Waits(gdb.Command):
    """Prints which threads sleep in a task until a future settles: the thread,
the future, and the function that waits.  A wait with a deadline, or outside of
all tasks, is not among them: see the arguments of future_wait, future_get and
future_join in `backtrace`."""

    def __init__(self):
        super().__init__('future-waits', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        found = [wait_text(asleep) for asleep in
                 follow(static('first', 'fut_asleep_first'), 'next')]
        for text in reversed(found):
            print(text)
        if not found:
            print('nobody waits in a task')


class Printer:
    """Of a struct, in one line."""

    def __init__(self, value, describe):
        self.value = value
        self.describe = describe

    def to_string(self):
        try:
            return self.describe(self.value)
        except gdb.GdbError as error:
            return str(error)


def build_printers():
    printers = gdb.printing.RegexpCollectionPrettyPrinter('libfuture')
    printers.add_printer('future', '^future_cell$',
                         lambda value: Printer(value, future_text))
    printers.add_printer('executor', '^future_executor$',
                         lambda value: Printer(value, executor_text))
    return printers


gdb.printing.register_pretty_printer(None, build_printers(), replace=True)
Executors()
Waits()
