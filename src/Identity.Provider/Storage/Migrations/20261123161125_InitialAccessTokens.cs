using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Provider.Storage.Migrations
{
    /// <inheritdoc />
    public partial class InitialAccessTokens : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "InitialAccessTokens",
                columns: table => new
                {
                    Hash = table.Column<string>(nullable: false),
                    Label = table.Column<string>(nullable: false),
                    Expires = table.Column<long>(nullable: false),
                    UsesLeft = table.Column<int>(nullable: false),
                    Scopes = table.Column<string>(nullable: false),
                    Sector = table.Column<string>(nullable: true),
                    Legacy = table.Column<bool>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_InitialAccessTokens", x => x.Hash);
                });

            migrationBuilder.CreateIndex(
                name: "IX_InitialAccessTokens_Label",
                table: "InitialAccessTokens",
                column: "Label",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "InitialAccessTokens");
        }
    }
}
