import { testLibraryPrograms } from "../support/library_programs.ts";

testLibraryPrograms("with the sources");
