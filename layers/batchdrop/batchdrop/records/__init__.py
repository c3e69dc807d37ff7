"""Records: reading, checking, mapping, de-duplicating and joining them, in bounded memory.

Pure: streams and values in, streams and values out (and temporary files in a folder the caller names). Raw bytes of
what the user sent are kept and never encoded anew, which is both exact and fast.

    source     streams: looking ahead, cutting into lines; unzipping gunzips them
    kinds      what a file is, by its name and first bytes
    encodings  which encodings are read, and how
    delimiters what separates the cells
    dialect    how a table is written, found from its first bytes; objectfiles: the same of JSON
    opening    from a file's bytes to text of a known dialect
    quoting    the grammar of quoted cells
    cutting    raw records out of a stream
    reading    header and records, with what is wrong with them
    cells      the cells of one raw record
    known_names well-known names of columns
    columns    which column is what, as the route says, or by these names
    coordinates latitudes and longitudes as people write them
    mapping    what is sent, made of cells
    devices    devices to add or delete, made of cells or of objects
    arrays     raw records out of a JSON array, or out of lines
    native     the list in an object of JSON; the service's own request
    values     one JSON value, and what may be wrong with it
    elements   what is sent, made of one value; objects: of a whole file of them
    duplicates equal queries get one ordinal
    outcomes   the lines of the plan's and the batches' files; the outcomes of a batch in order
    fanout     outcomes that later duplicates need, kept on disk (shelves)
    rendering  rows of results and errors
    objectlines  the same as lines of objects, for an array
    writing    large objects, piece by piece
    joining    the walk over the input that collect makes
"""
