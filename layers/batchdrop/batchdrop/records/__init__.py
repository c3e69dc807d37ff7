"""Records: reading, checking, mapping, de-duplicating and joining them, in bounded memory.

Pure: streams and values in, streams and values out (and temporary files in a folder the caller names). Raw bytes of
what the user sent are kept and never encoded anew, which is both exact and fast.

    source     streams: looking ahead, cutting into lines; unzipping gunzips them
    dialect    how a file is written, found from its first bytes
    quoting    the grammar of quoted cells
    cutting    raw records out of a stream
    reading    header and records, with what is wrong with them
    cells      the cells of one raw record
    columns    which column is what, by well-known names
    mapping    what is sent, made of cells
    devices    devices to add or delete, made of cells or of objects
    arrays     raw records out of a JSON array
    objects    what is sent, made of an array's objects
    duplicates equal queries get one ordinal
    outcomes   the lines of the plan's and the batches' files; the outcomes of a batch in order
    fanout     outcomes that later duplicates need, kept on disk (shelves)
    rendering  rows of results and errors
    objectlines  the same as lines of objects, for an array
    writing    large objects, piece by piece
    joining    the walk over the input that collect makes
"""
